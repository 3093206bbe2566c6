// Runs a command beside a devnet of its own: with-devnet.ts COMMAND [ARGUMENTS]
//
// The command's environment gets TILLER_DEVNET_URL and TILLER_DEVNET, the deployment as JSON (addresses and market
// parameters), which is what the forge tests under test/contracts/integration fork. The devnet is built first if the
// cache lacks it; it mines nothing by itself, so every test sees the same head.
import { spawn } from 'node:child_process'
import { type DevnetDeployment, formatDeployment } from '../src/devnet/deployment.ts'
import { type DevnetProgress, startDevnet } from '../src/devnet/devnet.ts'

const [command, ...args] = process.argv.slice(2)
if (command === undefined) {
  console.error('Usage: node scripts/run-source.mjs scripts/with-devnet.ts COMMAND [ARGUMENTS]')
  process.exit(2)
}

let shown = ''
const onProgress = ({ label }: DevnetProgress): void => {
  if (label !== shown) console.error(`devnet: ${label}`)
  shown = label
}

/** A process's environment holds about a hundred kilobytes a value; the code hashes are of no use to a test. */
function withoutCodeHashes(deployment: DevnetDeployment): string {
  const { codeHashes: _, ...rest } = JSON.parse(formatDeployment(deployment)) as Record<string, unknown>
  return JSON.stringify(rest)
}

function run(program: string, programArgs: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, programArgs, { stdio: 'inherit', env: { ...process.env, ...env } })
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

const devnet = await startDevnet({ onProgress })
try {
  process.exitCode = await run(command, args, {
    TILLER_DEVNET_URL: devnet.url,
    TILLER_DEVNET: withoutCodeHashes(devnet.deployment),
    FOUNDRY_NO_STORAGE_CACHING: 'true',
  })
} finally {
  await devnet.stop()
}
