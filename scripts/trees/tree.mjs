// Branching trees of tests: how a `*.tree` is read, and which names its leaves give to tests. docs/testing.md says what the
// parts mean.

/** Letters and digits only, in lower case: what remains of a leaf and of a test's name when they are compared. */
export const reduced = (text) => text.toLowerCase().replace(/[^a-z0-9]/g, '')

const line = /^((?:│ {3}| {4})*)[├└]── (.+)$/
const head = /^# (tests|also|answers): (.+)$/
const unreachable = /^# unreachable: (\w+) (\w+): (.+)$/
const functions = /^[a-z]\w*(, [a-z]\w*)*$/

/**
 * Reads a tree.
 * @returns name of the contract; `tests` and `also`, the files named by the head; `answers`, internal functions that the tree
 * answers for in the contracts that inherit; `unreachable`, errors by function
 * that cannot happen; `nodes`, the branches of the first level; `faults`, what could not be read.
 */
export function parseTree(text) {
  const tree = { name: '', tests: [], also: [], answers: [], unreachable: [], nodes: [], faults: [] }
  const path = []
  for (const [index, row] of text.split('\n').entries()) {
    if (row.trim() === '') continue
    const named = head.exec(row)
    if (named) {
      tree[named[1]].push(...named[2].split(',').map((file) => file.trim()))
    } else if (unreachable.test(row)) {
      const [, name, error] = unreachable.exec(row) ?? []
      tree.unreachable.push({ line: index + 1, name, error })
    } else if (row.startsWith('#')) {
      // A remark.
    } else if (tree.name === '') {
      tree.name = row.trim()
    } else {
      const match = line.exec(row)
      const depth = match ? match[1].length / 4 : Number.NaN
      if (!match || depth > path.length) {
        tree.faults.push(`line ${index + 1} is no branch: ${row.trim()}`)
        continue
      }
      const [label, arrow] = match[2].split('→').map((part) => part.trim())
      const errors = arrow === undefined ? [] : arrow.split(',').map((error) => error.trim())
      const node = { line: index + 1, label, errors, children: [] }
      path.length = depth
      ;(depth === 0 ? tree.nodes : path[depth - 1].children).push(node)
      path.push(node)
    }
  }
  if (tree.name === '') tree.faults.push('names no contract')
  if (tree.tests.length === 0) tree.faults.push('names no test file: begin it with "# tests: A.t.sol, B.t.sol"')
  return tree
}

/** The same text with its branches drawn as their depths say: the last one of each has `└──`, and no line goes on below it. */
export function drawn(text) {
  const rows = text.split('\n').map((row) => ({ row, match: line.exec(row) }))
  const depthOf = ({ match }) => (match ? match[1].length / 4 : -1)
  /** Whether another branch of this depth follows before the one above ends. */
  function goesOn(index, depth) {
    const rest = rows.slice(index + 1).map(depthOf)
    const next = rest.findIndex((each) => each <= depth)
    return next !== -1 && rest[next] === depth
  }
  return rows
    .map(({ row, match }, index) => {
      if (!match) return row
      const depth = depthOf({ match })
      const stems = Array.from({ length: depth }, (_, level) => (goesOn(index, level) ? '│   ' : '    '))
      return `${stems.join('')}${goesOn(index, depth) ? '├── ' : '└── '}${match[2]}`
    })
    .join('\n')
}

/** Names of the functions that a branch of the first level is about; none for a group such as "every function". */
export const functionsOf = (node) => (functions.test(node.label) ? node.label.split(', ') : [])

/** All leaves below a node, each with the branches above it. */
export function leavesOf(node, above = []) {
  if (node.children.length === 0) return [{ ...node, above }]
  return node.children.flatMap((child) => leavesOf(child, [...above, node]))
}

/**
 * What a test of this leaf may be called behind `test_`, reduced: the leaf, or some of the branches above it, in their order,
 * and then the leaf. A branch of several functions stands for each of them.
 */
export function namesOf(leaf) {
  let fronts = ['']
  for (const node of leaf.above) {
    const parts = functionsOf(node).length > 0 ? functionsOf(node) : [node.label]
    fronts = [...fronts, ...fronts.flatMap((front) => parts.map((part) => front + reduced(part)))]
  }
  return new Set(fronts.map((front) => front + reduced(leaf.label)))
}
