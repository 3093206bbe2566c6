#!/usr/bin/env node
// forge's view of the npm package `solc`: it asks for --version and then feeds standard JSON on standard input.
'use strict'
const { readFileSync } = require('node:fs')
const solc = require('solc')

if (process.argv.includes('--version')) {
  const version = solc.version().replace('.Emscripten.clang', '.Linux.g++')
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`)
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')))
} else {
  process.stderr.write(`solc.cjs answers --version and --standard-json only, not: ${process.argv.slice(2).join(' ')}\n`)
  process.exit(1)
}
