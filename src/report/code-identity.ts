import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeRevision } from '../chain/code-revision.ts'
import { projectRoot } from '../chain/paths.ts'
import type { RunHead } from './run-record.ts'

/**
 * Names the code that runs: its version, the commit of the checkout (null outside of one), and the hash of the sources of
 * the bundle (null where it runs from the sources).
 */
export function codeIdentity(): RunHead['code'] {
  const root = projectRoot()
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const isBundle = import.meta.url.endsWith('.mjs')
  const stamp = isBundle ? readFileSync(join(root, 'dist', '.stamp'), 'utf8').trim() : ''
  return { version, revision: codeRevision(), source: /^[0-9a-f]{64}$/.test(stamp) ? stamp : null }
}
