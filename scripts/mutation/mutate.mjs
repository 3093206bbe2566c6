// All mutants of a Solidity source, from its syntax tree. Pure: text and tree in, edits out.
import { createHash } from 'node:crypto'

const binary = {
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '==': ['!='],
  '!=': ['=='],
  '&&': ['||'],
  '||': ['&&'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
}
const assignment = { '+=': ['-=', '='], '-=': ['+=', '='], '|=': ['&=', '='], '&=': ['|=', '='], '*=': ['/='] }

/** The same call with the other rounding or the other end. */
const twins = [
  ['mulDivDown', 'mulDivUp'],
  ['_toSharesDown', '_toSharesUp'],
  ['_toAssetsDown', '_toAssetsUp'],
  ['toSharesDown', 'toSharesUp'],
  ['toAssetsDown', 'toAssetsUp'],
  ['min', 'max'],
]

/**
 * Every mutant of one file, in the order of the source.
 *
 * @param {string} file path that names the file in reports
 * @param {string} text the source
 * @param {object} tree solc's syntax tree of it
 * @returns {{ id: string, file: string, line: number, place: string, operator: string, start: number, end: number,
 *   replacement: string, before: string, after: string }[]} offsets in bytes; `id` survives edits elsewhere in the file
 */
export function mutantsOf(file, text, tree) {
  const bytes = Buffer.from(text)
  const found = []
  const seen = new Map()
  const slice = (start, end) => bytes.subarray(start, end).toString()
  const place = { contract: '', name: '' }

  const add = (operator, start, end, replacement) => {
    const line = slice(0, start).split('\n').length
    const lineStart = bytes.lastIndexOf('\n', start - 1) + 1
    const newline = bytes.indexOf('\n', end)
    const lineEnd = newline === -1 ? bytes.length : newline
    const before = slice(lineStart, lineEnd)
    const after = slice(lineStart, start) + replacement + slice(end, lineEnd)
    if (before === after) return
    const where = `${place.contract}.${place.name}`
    const key = [file, where, operator, before.trim(), after.trim()].join('|')
    // The same line twice in one function: told apart by their order.
    const nth = seen.get(key) ?? 0
    seen.set(key, nth + 1)
    const id = createHash('sha256').update(`${key}|${nth}`).digest('hex').slice(0, 10)
    found.push({ id, file, line, place: where, operator, start, end, replacement, before, after })
  }

  const range = (node) => {
    const [start, length] = node.src.split(':').map(Number)
    return [start, start + length]
  }
  /** Where the operator stands between two operands. */
  const between = (left, right, operator) => {
    const [, from] = range(left)
    const [to] = range(right)
    const at = from + Buffer.byteLength(slice(from, to).slice(0, slice(from, to).indexOf(operator)))
    return [at, at + operator.length]
  }

  const condition = (node) => {
    const [start, end] = range(node)
    add('condition negated', start, end, `!(${slice(start, end)})`)
    add('condition true', start, end, 'true')
    add('condition false', start, end, 'false')
  }

  const visitors = {
    BinaryOperation(node) {
      for (const replacement of binary[node.operator] ?? []) {
        const [start, end] = between(node.leftExpression, node.rightExpression, node.operator)
        const comparison = ['<', '<=', '>', '>='].includes(node.operator)
        const near = comparison && replacement[0] === node.operator[0]
        const operator = near ? 'boundary' : comparison ? 'comparison' : `${node.operator} to ${replacement}`
        add(operator, start, end, replacement)
      }
    },
    Assignment(node) {
      for (const replacement of assignment[node.operator] ?? []) {
        const [start, end] = between(node.leftHandSide, node.rightHandSide, node.operator)
        add('assignment', start, end, replacement)
      }
    },
    UnaryOperation(node) {
      const [start, end] = range(node)
      const [from, to] = range(node.subExpression)
      if (node.operator === '!') add('not dropped', start, end, slice(from, to))
      if (node.operator === '-') add('minus dropped', start, end, slice(from, to))
    },
    IfStatement(node) {
      condition(node.condition)
    },
    Conditional(node) {
      const [start, end] = range(node)
      const whole = [node.trueExpression, node.falseExpression].map((part) => slice(...range(part)))
      const test = slice(...range(node.condition))
      add('branches swapped', start, end, `${test} ? ${whole[1]} : ${whole[0]}`)
    },
    ForStatement(node) {
      if (node.condition) add('loop skipped', ...range(node.condition), 'false')
    },
    WhileStatement(node) {
      add('loop skipped', ...range(node.condition), 'false')
    },
    ExpressionStatement(node) {
      const [start, end] = range(node)
      const inner = node.expression
      const isRequire = inner.nodeType === 'FunctionCall' && inner.expression?.name === 'require'
      // The range ends before the semicolon; an empty block stands anywhere a statement does.
      const semicolon = bytes.indexOf(';', end)
      if (semicolon === -1 || slice(end, semicolon).trim() !== '') return
      add(isRequire ? 'require dropped' : 'statement dropped', start, semicolon + 1, '{}')
      if (isRequire) {
        const [first] = inner.arguments
        const [from, to] = range(first)
        add('require negated', from, to, `!(${slice(from, to)})`)
      }
    },
    RevertStatement(node) {
      const [start, end] = range(node)
      const semicolon = bytes.indexOf(';', end - 1)
      add('revert dropped', start, semicolon + 1, '{}')
    },
    ModifierInvocation(node) {
      // Base constructors are invoked in the same syntax and can't be left out.
      if (node.kind === 'baseConstructorSpecifier') return
      add('modifier dropped', ...range(node), '')
    },
    Break(node) {
      add('break to continue', ...range(node), 'continue')
    },
    Literal(node) {
      const [start, end] = range(node)
      const source = slice(start, end)
      if (node.kind === 'bool') add('constant', start, end, source === 'true' ? 'false' : 'true')
      if (node.kind !== 'number' || /^0x[0-9a-fA-F]{40}$/.test(source)) return
      if (/^\d+$/.test(source)) {
        add('constant', start, end, String(BigInt(source) + 1n))
        if (source !== '0') add('constant', start, end, source === '1' ? '0' : String(BigInt(source) - 1n))
      } else if (/^[\d_.]+(e\d+)?( \w+)?$/.test(source)) add('constant', start, end, `2 * ${source}`)
    },
    FunctionCall(node) {
      const callee = node.expression
      const name = callee.memberName ?? callee.name
      const [, end] = range(callee)
      for (const [a, b] of twins) {
        if (name !== a && name !== b) continue
        const operator = a === 'min' ? 'min and max' : 'rounding'
        add(operator, end - name.length, end, name === a ? b : a)
      }
      if (name === 'zeroFloorSub' && node.arguments.length === 2) {
        add('floor dropped', ...range(node), `(${node.arguments.map((part) => slice(...range(part))).join(' - ')})`)
      }
    },
  }

  const visit = (node) => {
    if (node === null || typeof node !== 'object') return
    if (Array.isArray(node)) {
      for (const child of node) visit(child)
      return
    }
    if (node.nodeType === 'ImportDirective' || node.nodeType === 'PragmaDirective') return
    if (node.nodeType === 'EmitStatement' || node.nodeType === 'InlineAssembly') return
    // The error that a require names is no behaviour of its own condition.
    if (node.nodeType === 'FunctionCall' && node.expression?.name === 'require') {
      visit(node.arguments[0])
      return
    }
    if (node.nodeType === 'ContractDefinition') [place.contract, place.name] = [node.name, '']
    if (node.nodeType === 'FunctionDefinition' || node.nodeType === 'ModifierDefinition') {
      place.name = node.name || node.kind || ''
    }
    visitors[node.nodeType]?.(node)
    for (const [key, child] of Object.entries(node)) {
      if (key !== 'typeDescriptions' && key !== 'documentation') visit(child)
    }
    if (node.nodeType === 'FunctionDefinition' || node.nodeType === 'ModifierDefinition') place.name = ''
  }
  visit(tree)
  return found.sort((a, b) => a.start - b.start || a.end - b.end)
}

/** The file with one mutant in it. */
export function applyMutant(text, { start, end, replacement }) {
  const bytes = Buffer.from(text)
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(replacement), bytes.subarray(end)]).toString()
}

/** A seeded shuffle (mulberry32). */
export function shuffled(list, seed) {
  const result = [...list]
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(next() * (i + 1))
    ;[result[i], result[j]] = [result[j], result[i]]
  }
  return result
}
