import { expect, test } from 'vitest'
import { createPaint } from '../../../src/cli/render/marks.ts'
import { renderChecks, runChecks } from '../../../src/cli/run-checks.ts'
import { endpointUnreachable } from '../../../src/errors/chain.ts'

test('one check that fails, raises or never ends hides none of the others', async () => {
  const results = await runChecks(
    [
      { name: 'good', run: async () => ({ status: 'ok', detail: 'as it should be' }) },
      { name: 'raises', run: async () => Promise.reject(endpointUnreachable('read[0]', 'eth_chainId', 'refused')) },
      { name: 'odd', run: async () => Promise.reject(new Error('see http://a.example/key\nmore')) },
      { name: 'hangs', run: () => new Promise(() => {}) },
      {
        name: 'several',
        run: async () => [
          { status: 'ok', detail: 'one' },
          { status: 'warn', detail: 'two', remedy: 'Look.' },
        ],
      },
      { name: 'later', run: async () => ({ status: 'skip', detail: 'not asked' }) },
    ],
    50,
  )
  expect(
    renderChecks(
      results.map((result) => ({ ...result, ms: 1 })),
      createPaint(false),
    ),
  ).toEqual([
    '✓ good     as it should be',
    '✗ raises   The endpoint does not answer. (endpoint read[0], method eth_chainId, reason refused)',
    '           Remedy: Check that the node runs and that the URL configured for this endpoint is right.',
    '✗ odd      see [endpoint]',
    '           Remedy: Run it again with --log-level debug.',
    '✗ hangs    It did not end within 0.05 s.',
    '           Remedy: Run it again with --log-level debug.',
    '✓ several  one',
    '! several  two',
    '           Remedy: Look.',
    '· later    not asked',
    '',
    '3 checks failed, 1 with a warning, 2 passed.',
  ])
})

test('all well is said in one line', () => {
  const results = [
    { name: 'a', status: 'ok' as const, detail: 'fine', ms: 1_500 },
    { name: 'b', status: 'warn' as const, detail: 'hm', remedy: 'Look.', ms: 1 },
  ]
  expect(renderChecks(results, createPaint(false)).at(-1)).toBe('All is well: 1 check passed, 1 with a warning.')
  expect(renderChecks(results, createPaint(false))[0]).toBe('✓ a  fine (1.5 s)')
})

test('findings are broken below their own column', () => {
  const results = [
    { name: 'role', status: 'fail' as const, detail: 'one two three four', remedy: 'Ask the owner.', ms: 1 },
  ]
  expect(renderChecks(results, createPaint(false), 22).slice(0, 4)).toEqual([
    '✗ role  one two three',
    '        four',
    '        Remedy: Ask',
    '        the owner.',
  ])
})
