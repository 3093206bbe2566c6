// A compiler process: solc blocks its thread for seconds, so it runs apart. Gets jobs by message, answers each by one.
import { createRequire } from 'node:module'

type Job = { compiler: string; input: unknown }

const require = createRequire(import.meta.url)

process.on('message', (job: Job) => {
  const solc: { compile(input: string): string } = require(job.compiler)
  const output = solc.compile(JSON.stringify(job.input))
  process.send?.(output)
})
process.on('disconnect', () => process.exit(0))
