import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../../../src/chain/paths.ts'
import { refusalCodes } from '../../../src/plan/plan.ts'

test('docs/reasons.md explains every refusal code, each once, and no other', () => {
  const rows = readFileSync(join(projectRoot(), 'docs/reasons.md'), 'utf8').matchAll(
    /^\| `([a-z_]+)` \| .+ \| .+ \|$/gm,
  )
  expect([...rows].map(([, code]) => code).sort()).toEqual([...refusalCodes].sort())
})
