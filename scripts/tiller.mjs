#!/usr/bin/env node
// The `tiller` command: builds dist/ when the source has changed (npm runs no prepare script here), then runs it.
import { ensureBuilt } from './build.mjs'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Tiller needs Node 20.19 or later, this is ${process.versions.node}.\nRemedy: install a newer Node.`)
  process.exit(2)
}
await ensureBuilt()
const { main } = await import('../dist/cli/main.entry.mjs')
await main(process.argv.slice(2))
