#!/usr/bin/env node
// `npm run check:trees`: the branching trees of the contract tests (`*.tree`, docs/testing.md) hold. Every leaf has its test
// and every test its leaf; every function that can be called from outside has its branch, with the custom errors that it can
// raise; every error named is there, and the test of its leaf names it, too. With `-- --write` it draws the branches anew, by
// their depths, and then checks.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { errorsIn, externalFunctions, readContracts, testsIn, withBases } from './trees/solidity.mjs'
import { drawn, functionsOf, leavesOf, namesOf, parseTree, reduced } from './trees/tree.mjs'

const here = dirname(dirname(fileURLToPath(import.meta.url)))
const { root, write } = parseArgs({
  options: { root: { type: 'string', default: here }, write: { type: 'boolean', default: false } },
}).values

function filesUnder(folder, ending) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file))
    .sort()
}

const read = (file) => readFileSync(join(root, file), 'utf8')
const trees = filesUnder('test/contracts', '.tree').map((file) => ({ file, ...parseTree(read(file)) }))
const contracts = new Map(
  filesUnder('contracts', '.sol').flatMap((file) =>
    readContracts(root, join(root, file)).map((contract) => [contract.name, contract]),
  ),
)
const treed = new Set(trees.map(({ name }) => name))
const answered = new Set(trees.flatMap(({ answers }) => answers))
const faults = trees.flatMap(({ file, faults: own }) => own.map((fault) => `${file}: ${fault}`))

const asSentence = (name) =>
  name
    .replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=[0-9])/g, ' ')
    .replaceAll('_', ' ')
    .toLowerCase()

for (const { file } of trees) {
  const text = read(file)
  if (drawn(text) === text) continue
  if (write) writeFileSync(join(root, file), drawn(text))
  else faults.push(`${file}: its branches are not drawn as they stand: npm run check:trees -- --write draws them`)
}

/** Test files with their tests; the trees that name them, and whether one answers for every test in them. */
const testFiles = new Map()
for (const tree of trees) {
  for (const [role, names] of [
    ['tests', tree.tests],
    ['also', tree.also],
  ]) {
    for (const name of names) {
      const file = join(dirname(tree.file), name)
      if (!existsSync(join(root, file))) {
        faults.push(`${tree.file}: its head names ${name}, which does not exist`)
        continue
      }
      const tests = testFiles.has(file) ? [] : testsIn(root, join(root, file))
      const known = testFiles.get(file) ?? { file, tests, trees: [], answers: undefined, found: new Set() }
      known.trees.push(tree)
      if (role === 'tests') known.answers ??= tree
      testFiles.set(file, known)
    }
  }
}
for (const folder of new Set(trees.map(({ file }) => dirname(file)))) {
  for (const name of readdirSync(join(root, folder)).filter((each) => each.endsWith('.t.sol'))) {
    if (testFiles.has(join(folder, name))) continue
    faults.push(
      `${join(folder, name)}: no tree beside it names it: add it to the head of the one whose contract it tests`,
    )
  }
}

/* Leaves and tests. */

/** Custom errors of the contracts, of the tests' own ones, and of what the contracts import. */
const declared = new Set()
const sources = new Set([...contracts.values()].flatMap(({ file, imports }) => [join(root, file), ...imports.values()]))
for (const file of testFiles.keys()) sources.add(join(root, file))
for (const file of sources) for (const error of errorsIn(readFileSync(file, 'utf8'))) declared.add(error)
let leafCount = 0

function checkLeaf(tree, leaf) {
  leafCount += 1
  const place = `${tree.file}:${leaf.line}`
  const names = namesOf(leaf)
  const matches = []
  for (const each of testFiles.values()) {
    if (!each.trees.includes(tree)) continue
    for (const test of each.tests.filter(({ rest }) => names.has(reduced(rest)))) {
      each.found.add(test.name)
      matches.push(test)
    }
  }
  if (matches.length === 0) faults.push(`${place}: "${leaf.label}" has no test: write it, or take the leaf away`)
  for (const error of leaf.errors) {
    if (!declared.has(error)) faults.push(`${place}: no contract declares the error ${error}`)
    else if (matches.length > 0 && !matches.some(({ text }) => new RegExp(`\\b${error}\\b`).test(text))) {
      faults.push(`${place}: the test of "${leaf.label}" does not name ${error}`)
    }
  }
}

/* Functions and their errors. */

function errorsNamed(nodes) {
  return new Set(nodes.flatMap((node) => leavesOf(node)).flatMap(({ errors }) => errors))
}

function checkFunctions(tree) {
  const contract = contracts.get(tree.name)
  if (contract === undefined) {
    faults.push(`${tree.file}: no contract ${tree.name} in contracts/`)
    return
  }
  const isOwn = ({ name }) => name === tree.name || !treed.has(name)
  const known = externalFunctions(withBases(root, contract), isOwn, answered)
  const named = new Set()
  for (const node of tree.nodes) {
    for (const name of functionsOf(node)) {
      named.add(name)
      if (!known.has(name)) faults.push(`${tree.file}:${node.line}: ${tree.name} has no function ${name}`)
    }
  }
  for (const { line, name, error } of tree.unreachable) {
    if (known.get(name)?.errors.delete(error)) continue
    faults.push(`${tree.file}:${line}: ${name} does not raise ${error} in any case: take the remark away`)
  }
  const anywhere = errorsNamed(tree.nodes.filter((node) => functionsOf(node).length === 0))
  for (const { name, changes, contract: owner, errors } of known.values()) {
    const missing = [...errors].filter((error) => !anywhere.has(error))
    const isDue = (changes && isOwn(owner) && name !== 'constructor') || missing.length > 0
    if (isDue && !named.has(name)) {
      const why = missing.length > 0 ? `, which can raise ${missing.join(', ')}` : ''
      faults.push(`${tree.file}: no branch for ${owner.name}.${name}${why}`)
    }
    if (!named.has(name)) continue
    const there = errorsNamed(tree.nodes.filter((node) => functionsOf(node).includes(name)))
    for (const error of missing.filter((each) => !there.has(each))) {
      faults.push(`${tree.file}: ${name} can raise ${error}, but no leaf under it leads there`)
    }
  }
}

for (const tree of trees) {
  for (const node of tree.nodes) for (const leaf of leavesOf(node)) checkLeaf(tree, leaf)
  checkFunctions(tree)
}
for (const { file, tests, answers, found } of testFiles.values()) {
  if (answers === undefined) continue
  for (const { name, rest } of tests.filter((test) => !found.has(test.name))) {
    const leaf = asSentence(rest)
    faults.push(`${file}: ${name} has no leaf: add "${leaf}" to ${basename(answers.file)}, below what it is about`)
  }
}

for (const fault of faults) console.error(fault)
console.log(
  faults.length === 0
    ? `${trees.length} trees, ${leafCount} leaves, all with their tests`
    : `${faults.length} faults in ${trees.length} trees of ${relative(root, join(root, 'test/contracts'))}`,
)
process.exitCode = faults.length === 0 ? 0 : 1
