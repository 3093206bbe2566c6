// As much of Solidity's grammar as the check of the trees needs: contracts with their bases, functions with the custom
// errors that they can raise, and tests.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

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

/** Where an import leads, as forge would resolve it; undefined for what is not there. */
function resolveImport(root, from, path) {
  const places = path.startsWith('.')
    ? [join(dirname(from), path)]
    : [join(root, 'node_modules', path), join(root, 'node_modules', path.replace(/^([^/]+)\//, '$1/src/'))]
  return places.find((place) => existsSync(place))
}

/** Contracts and libraries that are declared in a file: name, names of the bases, functions, file and its imports. */
export function readContracts(root, file) {
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
 * itself or by way of what it calls inside the contract. `counts` says whose errors are asked for.
 */
export function externalFunctions({ contracts, libraries }, counts) {
  const byName = new Map()
  for (const contract of contracts) {
    for (const each of contract.functions) {
      byName.set(each.name, [...(byName.get(each.name) ?? []), { ...each, contract }])
    }
  }
  const inLibraries = new Map()
  for (const library of libraries.values()) {
    for (const each of library.functions)
      inLibraries.set(`${library.name}.${each.name}`, { ...each, contract: library })
  }

  function errorsOf(definition, seen) {
    if (seen.has(definition)) return []
    seen.add(definition)
    const own = counts(definition.contract)
      ? [...definition.body.matchAll(/\bErrorsLib\.(\w+)/g)].map((match) => match[1])
      : []
    const isInLibrary = definition.contract.kind === 'library'
    const modifiers = definition.header.replace(/\breturns\b.*/s, '').match(/\b\w+/g) ?? []
    const calls = [...definition.body.matchAll(/(?<!\.)\b(\w+)\s*\(/g)].map((match) => match[1])
    for (const name of [...modifiers, ...calls]) {
      const called = isInLibrary ? [inLibraries.get(`${definition.contract.name}.${name}`)] : (byName.get(name) ?? [])
      for (const each of called) if (each) own.push(...errorsOf(each, seen))
    }
    for (const [, library, name] of `${definition.header} ${definition.body}`.matchAll(/\b(\w+Lib)\.(\w+)\s*\(/g)) {
      const called = inLibraries.get(`${library}.${name}`)
      if (called) own.push(...errorsOf(called, seen))
    }
    return own
  }

  const result = new Map()
  for (const [name, definitions] of byName) {
    const outside = definitions.filter(
      ({ kind, header }) => kind === 'constructor' || (kind === 'function' && /\b(external|public)\b/.test(header)),
    )
    if (outside.length === 0) continue
    const seen = new Set()
    result.set(name, {
      name,
      changes: outside.some(({ kind, header }) => kind === 'constructor' || !/\b(view|pure)\b/.test(header)),
      contract: outside[0].contract,
      errors: new Set(outside.flatMap((definition) => errorsOf(definition, seen))),
    })
  }
  return result
}

/** Tests in a file: name behind the prefix, and the text of the function. */
export function testsIn(text) {
  return functionsIn(withoutComments(text)).flatMap(({ name, body }) => {
    const match = /^(?:test|testFuzz|invariant)_(\w+)$/.exec(name)
    return match ? [{ name, rest: match[1], body }] : []
  })
}

/** Names of the custom errors that a text declares. */
export const errorsIn = (text) => [...withoutComments(text).matchAll(/\berror\s+(\w+)\s*\(/g)].map((match) => match[1])
