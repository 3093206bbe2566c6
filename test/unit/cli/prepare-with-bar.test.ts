import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { createBuildBar } from '../../../src/cli/prepare-with-bar.ts'

function terminal(redraws: boolean) {
  const stderr = Object.assign(new PassThrough(), { isTTY: true as const, columns: 80, rows: 24 })
  const notes: string[] = []
  const io = { stdin: Readable.from([]), stdout: new PassThrough(), stderr, env: {}, cwd: '/', now: () => 0 }
  const bar = createBuildBar({ io, redraws, note: (line) => notes.push(line) })
  return { bar, notes, written: () => String(stderr.read() ?? '') }
}

test('one bar goes on from stage to stage', () => {
  const { bar, notes, written } = terminal(true)
  const first = bar.stage(0.75)
  first({ done: 100, total: 100, label: 'devnet built' })
  expect(written()).toContain(' 75 %')
  bar.stage(1)({ done: 1, total: 2, label: 'compiling the contracts of a vault' })
  expect(written()).toContain(' 87 %')
  bar.end()
  expect(written()).toContain('\u001b[?25h')
  expect(notes).toEqual([])
})

test('a terminal that is not redrawn gets each label once, and no control sequences', () => {
  const { bar, notes, written } = terminal(false)
  const stage = bar.stage(1)
  for (const label of ['compiling', 'compiling', 'deploying', 'deploying']) stage({ done: 1, total: 2, label })
  bar.end()
  expect(notes).toEqual(['compiling', 'deploying'])
  expect(written()).toBe('')
})
