import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address, Hex } from 'viem'
import { cacheDir } from '../../src/chain/paths.ts'
import { type Devnet, startDevnet } from '../../src/devnet/devnet.ts'
import { prepareDevnet } from '../../src/devnet/prepare-devnet.ts'
import { createRpc, type Rpc } from '../../src/devnet/rpc.ts'
import { writeRunState } from '../../src/devnet/run-state.ts'

type Run = { code: number; stdout: string; stderr: string }

/** A devnet that the built program finds by itself, and a folder to work in. */
export type CliRig = {
  devnet: Devnet
  rpc: Rpc
  folder: string
  /** Runs the built program as a person would. */
  tiller(args: readonly string[]): Promise<Run>
  /** The same with `--json`; its one document. */
  // biome-ignore lint/suspicious/noExplicitAny: a document of any command; tests say what they expect of it.
  json(args: readonly string[]): Promise<{ code: number; document: any; stderr: string }>
  /** Sends from an account that the devnet's node signs for; fails where it reverts. */
  send(from: Address, to: Address, data: Hex): Promise<void>
  stop(): Promise<void>
}

export async function startCliRig(): Promise<CliRig> {
  const folder = mkdtempSync(join(tmpdir(), 'tiller-cli-'))
  const prepared = await prepareDevnet()
  const devnet = await startDevnet({ prepared })
  const rpc = createRpc(devnet.url)
  // A cache of its own with the same builds: `run` says which devnet runs, and that is one per user.
  const cache = join(folder, 'cache')
  mkdirSync(cache)
  for (const name of readdirSync(cacheDir())) {
    if (name !== 'run') symlinkSync(join(cacheDir(), name), join(cache, name))
  }
  const running = { pid: devnet.pid, port: devnet.port, hash: prepared.hash, startedAt: Date.now() }
  writeRunState(running, join(cache, 'run', 'devnet.json'))
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, TILLER_CACHE_DIR: cache }
  const program = join(process.cwd(), 'scripts/tiller.mjs')
  const tiller = (args: readonly string[]): Promise<Run> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [program, ...args],
        { cwd: folder, env, timeout: 110_000 },
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 255, stdout, stderr })
        },
      )
    })
  return {
    ...{ devnet, rpc, folder, tiller },
    async json(args) {
      const { code, stdout, stderr } = await tiller([...args, '--json'])
      return { code, document: JSON.parse(stdout), stderr }
    },
    async send(from, to, data) {
      const receipt = await rpc('eth_sendTransactionSync', [{ from, to, data, gas: '0x1000000' }])
      if ((receipt as { status: Hex }).status !== '0x1') throw new Error(`a transaction to ${to} reverted`)
    },
    async stop() {
      await devnet.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
