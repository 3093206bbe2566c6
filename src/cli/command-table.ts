import type { Command } from 'commander'
import type { Context } from './context.ts'

type CommandModule = { register(command: Command, context: Context): void }

export type CommandEntry = {
  name: string
  summary: string
  group: string
  /** Imports the command's code; only the command that runs pays for its imports. */
  load(): Promise<CommandModule>
}

const first = 'First steps:'
const vault = 'Vault and keeper:'
const tools = 'Tools:'

/** The first level of the command tree. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'start',
    summary: 'the main job on a local chain: a vault, live agents, the keeper, thirty simulated days',
    group: first,
    load: () => import('./commands/start.ts'),
  },
  {
    name: 'init',
    summary: 'write a configuration, guided',
    group: first,
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'doctor',
    summary: 'check everything at once, each finding with its remedy',
    group: first,
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'devnet',
    summary: 'a local chain with the real protocols',
    group: first,
    load: () => import('./commands/devnet.ts'),
  },
  {
    name: 'vault',
    summary: 'deploy a vault, put in, take out, look',
    group: vault,
    load: () => import('./commands/vault.ts'),
  },
  {
    name: 'keeper',
    summary: 'run the keeper, once or on its schedule',
    group: vault,
    load: () => import('./commands/keeper.ts'),
  },
  {
    name: 'plan',
    summary: 'show what the policy would do now; sends nothing',
    group: vault,
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'explain',
    summary: 'say why a decision was taken',
    group: vault,
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'journal',
    summary: 'list and show what the keeper remembers',
    group: vault,
    load: () => import('./commands/journal.ts'),
  },
  {
    name: 'policy',
    summary: 'inspect and verify a policy',
    group: tools,
    load: () => import('./commands/policy.ts'),
  },
  {
    name: 'backtest',
    summary: 'run a policy over a recorded market, beside the rules and the bound',
    group: tools,
    load: () => import('./commands/backtest.ts'),
  },
  {
    name: 'report',
    summary: 'make one HTML page of a stored backtest',
    group: tools,
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'compare',
    summary: 'set two stored backtests side by side',
    group: tools,
    load: () => import('./commands/compare.ts'),
  },
  {
    name: 'check',
    summary: 'show that backtests see no future, and that the simulator does as the contracts do',
    group: tools,
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'data',
    summary: 'import, verify and pull recorded histories',
    group: tools,
    load: () => import('./commands/data.ts'),
  },
  {
    name: 'keys',
    summary: 'make, import and test the key of the keeper',
    group: tools,
    load: () => import('./commands/keys.ts'),
  },
  {
    name: 'config',
    summary: 'show, check and describe the configuration',
    group: tools,
    load: () => import('./commands/config.ts'),
  },
]
