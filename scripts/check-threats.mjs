#!/usr/bin/env node
// `npm run check:threats`: what THREATS.md, SECURITY.md and docs/contracts.md point at must exist. A link to a file or folder
// of this repository must find it; a link whose text is the name of a test must find that test in that file.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pages = ['THREATS.md', 'SECURITY.md', 'docs/contracts.md']

const link = /\[([^\]]+)\]\(([^)\s]+)\)/g
/** Names that forge or Halmos runs. */
const solidityTest = /^(test|testFuzz|invariant|check)_\w+$/

/** What is wrong with one link, or undefined; `isTest` tells whether it named a test. */
function checkLink(page, text, target) {
  const path = join(root, dirname(page), target.replace(/#.*$/, ''))
  if (!existsSync(path)) return { fault: `${target} does not exist` }
  const label = text.replaceAll('`', '')
  const isSolidity = solidityTest.test(label)
  const isTypeScript = path.endsWith('.test.ts') && !label.endsWith('.test.ts')
  if (!isSolidity && !isTypeScript) return {}
  if (statSync(path).isDirectory()) return { fault: `${label} is linked to a folder`, isTest: true }
  const source = readFileSync(path, 'utf8')
  const found = isSolidity ? new RegExp(`function ${label}\\s*\\(`).test(source) : source.includes(`'${label}'`)
  return { isTest: true, ...(found ? {} : { fault: `${relative(root, path)} has no test ${label}` }) }
}

const faults = []
let tests = 0
for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8')
  for (const [, label, target] of text.matchAll(link)) {
    if (/^(https?:|#)/.test(target)) continue
    const { fault, isTest } = checkLink(page, label, target)
    if (isTest) tests += 1
    if (fault !== undefined) faults.push(`${page}: ${fault}`)
  }
  for (const [, name] of text.replaceAll(link, '').matchAll(/`(\w+)`/g)) {
    if (solidityTest.test(name)) faults.push(`${page}: ${name} does not say where it stands`)
  }
}
if (tests === 0) faults.push('no page names a test')
for (const fault of faults) console.error(fault)
console.log(faults.length === 0 ? `${tests} tests named, all there` : `${faults.length} of what is named is not there`)
process.exitCode = faults.length === 0 ? 0 : 1
