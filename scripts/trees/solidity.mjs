// As much of Solidity's grammar as the check of the trees needs: contracts with their bases, functions with the custom
// errors that they can raise, and tests.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Prefix of a test's name. */
const testName = /^(?:test|testFuzz|invariant)_/

/** The same text with comments and strings blanked. */
const withoutComments = (text) => text.replace(/\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"/g, ' ')

/** Index behind the bracket that closes the one at `start`. */
function closing(text, start, open, close) {
  let depth = 0
  for (let i = start; i < text.length; i += 1) {
    if (text[i] === open) depth += 1
    else if (text[i] === close) {
      depth -= 1
      if (depth === 0) return i + 1
    }
  }
  return text.length
}

/** Functions, modifiers and the constructor in the body of a contract: name, what stands before the body, body. */
function functionsIn(text) {
  const found = []
  for (const match of text.matchAll(/\b(?:function\s+(\w+)|modifier\s+(\w+)|(constructor))\s*(?=[({])/g)) {
    let at = match.index + match[0].length
    if (text[at] === '(') at = closing(text, at, '(', ')')
    const ends = text.slice(at).search(/[{;]/)
    if (ends === -1) continue
    const bodyAt = at + ends
    const body = text[bodyAt] === '{' ? text.slice(bodyAt, closing(text, bodyAt, '{', '}')) : ''
    const kind = match[1] ? 'function' : match[2] ? 'modifier' : 'constructor'
    found.push({ kind, name: match[1] ?? match[2] ?? match[3], header: text.slice(at, bodyAt), body })
  }
  return found
}

/** Functions by their name. */
function grouped(definitions) {
  const byName = new Map()
  for (const each of definitions) byName.set(each.name, [...(byName.get(each.name) ?? []), each])
  return byName
}

/** Names of the modifiers of a function and of what it calls inside its contract. */
function namesCalled({ header, body }) {
  const modifiers = header.replace(/\breturns\b.*/s, '').match(/\b\w+/g) ?? []
  return [...modifiers, ...[...body.matchAll(/(?<!\.)\b(\w+)\s*\(/g)].map((match) => match[1])]
}

/** Where an import leads, as forge would resolve it; undefined for what is not there. */
function resolveImport(root, from, path) {
  const places = path.startsWith('.')
    ? [join(dirname(from), path)]
    : [join(root, 'node_modules', path), join(root, 'node_modules', path.replace(/^([^/]+)\//, '$1/src/'))]
  return places.find((place) => existsSync(place))
}

/** Contracts and libraries that are declared in a file: name, names of the bases, functions, file and its imports. */
export function readContracts(root, file) {
  const known = cache.get(file) ?? parseContracts(root, file)
  cache.set(file, known)
  return known
}

const cache = new Map()

function parseContracts(root, file) {
  const raw = readFileSync(file, 'utf8')
  const imports = new Map()
  for (const [, names, path] of raw.matchAll(/import\s*\{([^}]*)\}\s*from\s*"([^"]+)"/g)) {
    const place = resolveImport(root, file, path)
    for (const name of names.split(',')) if (place) imports.set(name.trim(), place)
  }
  const text = withoutComments(raw)
  const contracts = []
  for (const match of text.matchAll(/\b(?:abstract\s+)?(contract|library)\s+(\w+)\s*(?:is\s+([^{]+))?\{/g)) {
    const start = match.index + match[0].length - 1
    const body = text.slice(start, closing(text, start, '{', '}'))
    const bases = (match[3] ?? '').split(',').map((base) => base.trim().replace(/\(.*/s, ''))
    contracts.push({
      kind: match[1],
      name: match[2],
      bases: bases.filter((base) => base !== ''),
      functions: functionsIn(body),
      file: relative(root, file),
      imports,
    })
  }
  return contracts
}

/** A contract, all that it inherits, nearest first, and the libraries of this repository that these import. */
export function withBases(root, contract) {
  const contracts = [contract]
  const libraries = new Map()
  for (let i = 0; i < contracts.length; i += 1) {
    const { bases, imports, file } = contracts[i]
    for (const base of bases) {
      const place = imports.get(base) ?? join(root, file)
      const declared = readContracts(root, place).find(({ name }) => name === base)
      // An interface has no functions of its own.
      if (declared && !contracts.some(({ name }) => name === base)) contracts.push(declared)
    }
    for (const [name, place] of imports) {
      if (!/^(Errors|Events)Lib$/.test(name) && place.includes(join(root, 'contracts', 'libraries'))) {
        for (const library of readContracts(root, place)) if (library.name === name) libraries.set(name, library)
      }
    }
  }
  return { contracts, libraries }
}

/**
 * What can be called from outside: name, whether it changes state, whose it is, and the custom errors that it can raise
 * itself or by way of what it calls inside the contract. `counts` says whose functions are asked about. What these call in
 * other bases is asked about, too, save for the functions that are `answered` for.
 */
export function externalFunctions({ contracts, libraries }, counts, answered) {
  const byName = grouped(contracts.flatMap((contract) => contract.functions.map((each) => ({ ...each, contract }))))
  const inLibraries = new Map()
  for (const library of libraries.values()) {
    for (const each of library.functions)
      inLibraries.set(`${library.name}.${each.name}`, { ...each, contract: library })
  }

  function errorsOf(definition, seen, calledByOwn) {
    const isOwn = counts(definition.contract)
    const isCounted = isOwn || (calledByOwn && !answered.has(definition.name))
    const key = `${isCounted}`
    if (seen.get(definition)?.has(key)) return []
    seen.set(definition, (seen.get(definition) ?? new Set()).add(key))
    const own = isCounted
      ? [...definition.body.matchAll(/\b(?:ErrorsLib\.|revert\s+(?!ErrorsLib\b))(\w+)/g)].map((match) => match[1])
      : []
    for (const each of calledBy(definition)) own.push(...errorsOf(each, seen, isCounted))
    return own
  }

  function calledBy(definition) {
    if (definition.contract.kind === 'library') {
      const within = namesCalled(definition).map((name) => inLibraries.get(`${definition.contract.name}.${name}`))
      return within.filter((each) => each !== undefined)
    }
    const called = namesCalled(definition).flatMap((name) => byName.get(name) ?? [])
    for (const [, library, name] of `${definition.header} ${definition.body}`.matchAll(/\b(\w+Lib)\.(\w+)\s*\(/g)) {
      const each = inLibraries.get(`${library}.${name}`)
      if (each) called.push(each)
    }
    return called
  }

  const result = new Map()
  for (const [name, definitions] of byName) {
    const outside = definitions.filter(
      ({ kind, header }) => kind === 'constructor' || (kind === 'function' && /\b(external|public)\b/.test(header)),
    )
    if (outside.length === 0) continue
    const seen = new Map()
    result.set(name, {
      name,
      changes: outside.some(({ kind, header }) => kind === 'constructor' || !/\b(view|pure)\b/.test(header)),
      contract: outside[0].contract,
      errors: new Set(outside.flatMap((definition) => errorsOf(definition, seen, false))),
    })
  }
  return result
}

/**
 * Tests of a file: name, and behind its prefix the `rest`; `text` is the test's body with those of what it calls in its
 * contract, and with the contracts of the file that have no tests.
 */
export function testsIn(root, file) {
  const declared = readContracts(root, file).map((contract) => ({
    functions: contract.functions,
    tests: contract.functions.filter(({ name }) => testName.test(name)),
    byName: grouped(withBases(root, contract).contracts.flatMap(({ functions }) => functions)),
  }))
  const helpers = declared.filter(({ tests }) => tests.length === 0).flatMap(({ functions }) => functions)
  const spoken = helpers.map(({ body }) => body).join('\n')

  function textOf(definition, byName, seen) {
    if (seen.has(definition)) return ''
    seen.add(definition)
    const called = namesCalled(definition).flatMap((name) => byName.get(name) ?? [])
    return [definition.body, ...called.map((each) => textOf(each, byName, seen))].join('\n')
  }

  return declared.flatMap(({ tests, byName }) =>
    tests.map((test) => ({
      name: test.name,
      rest: test.name.replace(testName, ''),
      text: `${textOf(test, byName, new Set())}\n${spoken}`,
    })),
  )
}

/** Names of the custom errors that a text declares. */
export const errorsIn = (text) => [...withoutComments(text).matchAll(/\berror\s+(\w+)\s*\(/g)].map((match) => match[1])
