import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { TillerError } from '../../../src/errors/base.ts'
import { type CreateLoggerOptions, createLogger, noopLogger, redact } from '../../../src/keeper/logger.ts'

const now = () => new Date('2026-01-02T03:04:05.678Z')

function capture(options: Partial<CreateLoggerOptions>) {
  const stream = new PassThrough()
  const logger = createLogger({ format: 'json', level: 'info', now, stream, ...options })
  return { logger, read: () => String(stream.read() ?? '') }
}

describe('createLogger', () => {
  test('writes one JSON line per event with bindings, bigints as strings', () => {
    const { logger, read } = capture({})
    logger.child({ vault: '0xabc' }).info('tick.end', { block: 12n, venues: ['a', 'b'] })
    expect(read()).toBe(
      '{"time":"2026-01-02T03:04:05.678Z","level":"info","event":"tick.end","vault":"0xabc","block":"12","venues":["a","b"]}\n',
    )
  })

  test('writes a pretty line with quoted values where they need quotes', () => {
    const { logger, read } = capture({ format: 'pretty' })
    logger.warn('tick.skipped', { reason: 'endpoint is behind', block: 12n, absent: undefined, list: [1n] })
    expect(read()).toBe('03:04:05.678 WARN  tick.skipped reason="endpoint is behind" block=12 list=["1"]\n')
  })

  test('lets no field pass itself off as level or event, and no name carry an endpoint', () => {
    const { logger, read } = capture({})
    logger.warn('tick.skipped', { level: 'info', event: 'tick.end', time: 'then', 'https://eth.example/key': 1 })
    expect(read()).toBe('{"time":"2026-01-02T03:04:05.678Z","level":"warn","event":"tick.skipped","[endpoint]":1}\n')
  })

  test('colours the pretty line only when asked', () => {
    const { logger, read } = capture({ format: 'pretty', color: true })
    logger.error('x')
    expect(read()).toBe('\u001b[2m03:04:05.678\u001b[22m \u001b[31mERROR\u001b[39m x\n')
  })

  test('leaves out what is below the level', () => {
    const { logger, read } = capture({ level: 'warn' })
    logger.info('quiet')
    expect(read()).toBe('')
  })

  test('keeps a line break inside a value from starting a new line', () => {
    const { logger, read } = capture({ format: 'pretty' })
    logger.info('x', { text: 'a\nb' })
    expect(read()).toBe('03:04:05.678 INFO  x text="a\\nb"\n')
  })

  test('takes endpoints, named secrets and listed secrets out of every field, also inside errors', () => {
    const secrets = ['hunter2']
    const { logger, read } = capture({ secrets })
    const cause = new Error('HTTP request failed. URL: https://user:pass@eth.example/v2/token-1234?x=1 (hunter2)')
    logger.info('x', {
      endpoint: 'see http://127.0.0.1:8545/key, please',
      signer: { privateKey: '0x00', PRIVATE_KEY: 'a', password: null },
      error: new TillerError('It failed.', { code: 'FAILED', remedy: 'Retry.', cause }),
    })
    expect(JSON.parse(read())).toEqual({
      time: '2026-01-02T03:04:05.678Z',
      level: 'info',
      event: 'x',
      endpoint: 'see [endpoint] please',
      signer: { privateKey: '[secret]', PRIVATE_KEY: '[secret]', password: null },
      error: {
        code: 'FAILED',
        message: 'It failed.\nRemedy: Retry.',
        cause: { code: 'Error', message: 'HTTP request failed. URL: [endpoint] ([secret])' },
      },
    })
  })

  test('prints stacks at level debug only', () => {
    const quiet = capture({ level: 'info' })
    quiet.logger.error('x', { error: new Error('boom') })
    expect(quiet.read()).not.toContain('stack')
    const loud = capture({ level: 'debug' })
    loud.logger.error('x', { error: new Error('boom') })
    expect(JSON.parse(loud.read()).error.stack).toContain('Error: boom')
  })
})

test('redact ends at a cycle', () => {
  const node: Record<string, unknown> = {}
  node['self'] = node
  expect(JSON.stringify(redact(node))).toContain('"[…]"')
})

test('noopLogger writes nothing and has children', () => {
  expect(() => noopLogger().child({ a: 1 }).error('x')).not.toThrow()
})
