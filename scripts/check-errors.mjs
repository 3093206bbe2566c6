#!/usr/bin/env node
// `npm run check:errors`: every custom error of contracts/ says in NatSpec what it means, is thrown somewhere, and is asserted in
// test/contracts at least once, with its arguments where it has any. `expectPartialRevert` asserts no arguments, so it does not
// count for those.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Solidity files below a folder of the repository, by name and text. */
function sources(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sol'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ file: relative(root, path), text: readFileSync(path, 'utf8') }))
}

const withoutComments = (text) => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')

const contracts = sources('contracts')
const code = contracts.map(({ text }) => withoutComments(text)).join('\n')
const tests = sources('test/contracts')
  .map(({ text }) => withoutComments(text))
  .join('\n')

/** A declaration with the doc comment that ends in the line above it. */
const declaration = /((?:^[ \t]*\/\/\/[^\n]*\n)*)^[ \t]*error\s+(\w+)\s*\(([^)]*)\)\s*;/gm

/** Whether a test names the selector as an assertion with all of the error's arguments does. */
function isAsserted(name, hasArguments) {
  if (!hasArguments) return new RegExp(`\\b${name}\\.selector\\b`).test(tests)
  const uses = tests.matchAll(new RegExp(`(\\w+)\\(\\s*(?:\\w+\\.)?${name}\\.selector\\s*,`, 'g'))
  // After `expectRevert` and its kin the comma is followed by whoever reverts.
  return [...uses].some(([, called]) => !/^expect(Partial)?Revert$/.test(called ?? ''))
}

const faults = []
let count = 0
for (const { file, text } of contracts) {
  for (const [, comment = '', name = '', parameters = ''] of text.matchAll(declaration)) {
    count += 1
    const fault = (what) => faults.push(`${file}: ${name} ${what}`)
    if (!/\/\/\/ @notice \S/.test(comment)) fault('has no NatSpec')
    if (!new RegExp(`(?:\\.|revert )${name}\\(`).test(code)) fault('is never thrown')
    if (!isAsserted(name, parameters.trim() !== '')) {
      fault(parameters.trim() === '' ? 'is asserted by no test' : 'is asserted by no test with its arguments')
    }
  }
}
if (count === 0) faults.push('contracts/ declares no error')
for (const fault of faults) console.error(fault)
console.log(
  faults.length === 0 ? `${count} errors, all documented and asserted` : `${faults.length} faults in ${count} errors`,
)
process.exitCode = faults.length === 0 ? 0 : 1
