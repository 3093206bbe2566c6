import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cacheDir } from '../../src/chain/paths.ts'
import { type Devnet, startDevnet } from '../../src/devnet/devnet.ts'
import { prepareDevnet } from '../../src/devnet/prepare-devnet.ts'
import { createRpc, type Rpc } from '../../src/devnet/rpc.ts'
import { writeRunState } from '../../src/devnet/run-state.ts'

type TestConfig = {
  chain: object
  vault: { guard: string; address: string }
  signer: { password: object }
}

type Run = { code: number; stdout: string; stderr: string }

const folder = mkdtempSync(join(tmpdir(), 'tiller-cli-e2e-'))
let devnet: Devnet
let rpc: Rpc
let env: Record<string, string>

/** Runs the built program as a person would. */
function tiller(args: readonly string[], more: { env?: Record<string, string>; cwd?: string } = {}): Promise<Run> {
  return new Promise((resolve) => {
    const options = { cwd: more.cwd ?? folder, env: { ...env, ...more.env }, timeout: 60_000 }
    execFile(
      process.execPath,
      [join(process.cwd(), 'scripts/tiller.mjs'), ...args],
      options,
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255
        resolve({ code, stdout, stderr })
      },
    )
  })
}

async function json(args: readonly string[], more: Parameters<typeof tiller>[1] = {}) {
  const { code, stdout, stderr } = await tiller([...args, '--json'], more)
  return { code, document: JSON.parse(stdout), stderr }
}

async function passHours(hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour += 1) {
    const block = (await rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }
    await rpc('evm_setNextBlockTimestamp', [Number(block.timestamp) + 3_600])
    await rpc('evm_mine')
  }
}

/** The configuration with one value changed, in a folder of its own. */
function changed(name: string, change: (config: TestConfig) => void): string {
  const config = JSON.parse(readFileSync(join(folder, 'tiller.config.json'), 'utf8'))
  change(config)
  const file = join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify(config))
  return file
}

beforeAll(async () => {
  const prepared = await prepareDevnet()
  devnet = await startDevnet({ prepared })
  rpc = createRpc(devnet.url)
  // A cache of its own with the same builds: `run` says which devnet runs, and that is one per user.
  const cache = join(folder, 'cache')
  mkdirSync(cache)
  const { symlinkSync, readdirSync } = await import('node:fs')
  for (const name of readdirSync(cacheDir())) {
    if (name !== 'run') symlinkSync(join(cacheDir(), name), join(cache, name))
  }
  writeRunState(
    { pid: devnet.pid, port: devnet.port, hash: prepared.hash, startedAt: Date.now() },
    join(cache, 'run', 'devnet.json'),
  )
  env = { PATH: process.env['PATH'] ?? '', HOME: folder, TILLER_CACHE_DIR: cache }
}, 300_000)

afterAll(async () => {
  await devnet?.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe.sequential('from nothing to a move, by the command line alone', () => {
  test('init finds the devnet, deploys a vault and writes a configuration that is valid', async () => {
    const { code, document, stderr } = await json(['init'])
    expect(code, stderr).toBe(0)
    expect(document).toMatchObject({ chainId: 31337, mode: 'dry', policy: 'seed-lending', venues: 5 })
    expect((await tiller(['config', 'validate'])).code).toBe(0)
    expect(existsSync(join(folder, 'tiller.config.schema.json'))).toBe(true)
  })

  test('init never overwrites a configuration unasked', async () => {
    const { code, document } = await json(['init'])
    expect(code).toBe(2)
    expect(document.error.code).toBe('CONFIG_EXISTS')
  })

  test('init finds Guard, asset and venues of a vault by its address', async () => {
    const { vault } = JSON.parse(readFileSync(join(folder, 'tiller.config.json'), 'utf8'))
    const other = join(folder, 'discovered.json')
    const args = ['init', '--rpc', devnet.url, '--vault', vault.address.toLowerCase(), '--config', other]
    const { code, stderr } = await json(args)
    expect(code, stderr).toBe(0)
    const found = JSON.parse(readFileSync(other, 'utf8')).vault
    expect(found.guard).toBe(vault.guard)
    expect(found.asset).toBe(vault.asset)
    const positions = (venues: { adapter: string; data: string }[]) => venues.map(({ adapter, data }) => adapter + data)
    expect(positions(found.venues)).toEqual(positions(vault.venues))
    const wrong = await json(['init', '--rpc', devnet.url, '--vault', vault.guard, '--config', join(folder, 'no.json')])
    expect([wrong.code, wrong.document.error.code]).toEqual([1, 'VAULT_NOT_FOUND'])
  })

  test('doctor finds nothing wrong', async () => {
    const { code, document } = await json(['doctor'])
    expect(document.checks.filter(({ status }: { status: string }) => status !== 'ok')).toEqual([])
    expect(code).toBe(0)
  })

  test('deposit and status agree', async () => {
    const { code, document, stderr } = await json(['vault', 'deposit', '1000000', '--from', 'alice'])
    expect(code, stderr).toBe(0)
    expect(document).toMatchObject({ deposited: '1000000000000', worth: '1000000000000' })
    const status = await json(['vault', 'status'])
    expect(status.document).toMatchObject({ totalAssets: '1000010000000', idle: '1000010000000', symbol: 'USDC' })
  })

  test('keeper once in dry mode simulates on both gates and sends nothing', async () => {
    await json(['keeper', 'once'])
    await passHours(2)
    const { code, document, stderr } = await json(['keeper', 'once'])
    expect(code, stderr).toBe(0)
    expect(document.outcome).toBe('simulated')
    expect(document.gates.map(({ gate, ok }: { gate: string; ok: boolean }) => [gate, ok])).toEqual([
      ['first', true],
      ['fork', true],
    ])
    expect(document.attempts).toEqual([])
  })

  test('plan shows the same move and sends nothing', async () => {
    const before = await rpc('eth_blockNumber')
    const { code, document } = await json(['plan'])
    expect(code).toBe(0)
    expect(document.plan.legs.length).toBeGreaterThan(0)
    expect(await rpc('eth_blockNumber')).toBe(before)
  })

  test('keeper once in mode live moves, and explain and journal tell it', async () => {
    await passHours(1)
    const { code, document, stderr } = await json(['keeper', 'once', '--mode', 'live'])
    expect(code, stderr).toBe(0)
    expect(document.outcome).toBe('settled')
    const explained = await tiller(['explain', String(document.decisionId)])
    expect(explained.stdout).toContain('The plan was sent, mined, and is final.')
    expect(explained.stdout).toContain('fork gate on the fork')
    expect(explained.stdout).toContain(document.attempts[0].hash)
    const listed = await json(['journal', 'ls'])
    expect(listed.document.decisions[0]).toMatchObject({ id: document.decisionId, outcome: 'settled', mode: 'live' })
    const shown = await json(['journal', 'show', String(document.decisionId)])
    expect(shown.document.attempts[0]).toMatchObject({ hash: document.attempts[0].hash, status: 'settled' })
  })

  test('no log line carries an endpoint or a secret', async () => {
    const { stderr } = await tiller(['keeper', 'once', '--log-level', 'debug'])
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event),
    ).toContain('tick.end')
    expect(stderr).not.toMatch(/https?:\/\//)
    expect(stderr).not.toContain('devnet-password')
  })

  test('a withdrawal larger than the shares are worth is refused with what they are worth', async () => {
    const { code, stderr } = await tiller(['vault', 'withdraw', '2000000', '--from', 'alice'])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^error WITHDRAWAL_TOO_LARGE {2}The shares of the account are worth less than that\.\n {2}wanted: 2000000\n {2}free: {3}\d+(\.\d+)?\n {2}own: {4}\d+(\.\d+)?\nRemedy: Withdraw at most what the shares are worth, or say "all"\.\n$/,
    )
  })

  test('a withdrawal larger than what is free is refused with how much is free', async () => {
    // Borrowers take all the cash of Comet, where a part of the vault lies.
    const { comet, tokens } = devnet.deployment
    const snapshot = await rpc('evm_snapshot')
    await rpc('anvil_dealERC20', [comet.usdc, tokens.usdc, '0x0'])
    const { document } = await json(['vault', 'withdraw', 'all', '--from', 'alice'])
    const status = await json(['vault', 'status'])
    await rpc('evm_revert', [snapshot])
    const { wanted, free, own } = document.error.details
    expect(document.error.code).toBe('WITHDRAWAL_TOO_LARGE')
    expect(document.error.message).toBe(
      'The vault can not pay that much now: the rest lies in venues that are lent out.',
    )
    expect(document.error.remedy).toBe(
      'Withdraw at most what is free, the rest when borrowers have paid back, or look at what `tiller vault exit` plans.',
    )
    expect(wanted).toBe(own)
    expect(Number(free)).toBeLessThan(Number(own))
    expect(Number(status.document.liquid) / 1e6).toBeCloseTo(Number(free), 0)
  })

  test('everything can be withdrawn again', async () => {
    const { code, document, stderr } = await json(['vault', 'withdraw', 'all', '--from', 'alice'])
    expect(code, stderr).toBe(0)
    expect(document.shares).toBe('0')
  })
})

describe.sequential('what can be wrong', () => {
  test('a wrong chain id is an error with both ids', async () => {
    const file = changed('wrong-chain', (config) => Object.assign(config.chain, { id: 1 }))
    const { code, document } = await json(['keeper', 'once', '--config', file])
    expect(code).toBe(1)
    expect(document.error).toMatchObject({
      code: 'CHAIN_ID_MISMATCH',
      details: { expectedChainId: 1, foundChainId: 31337 },
    })
  })

  test('a dead endpoint is transient, and never named by its URL', async () => {
    const file = changed('dead', (config) =>
      Object.assign(config.chain, { rpc: { read: ['http://127.0.0.1:9/secret-token'] } }),
    )
    for (const command of [['keeper', 'once'], ['plan'], ['vault', 'status']]) {
      const { code, stdout, stderr } = await tiller([...command, '--config', file, '--json'])
      expect([command, code]).toEqual([command, 75])
      expect(JSON.parse(stdout).error.code).toBe('ENDPOINT_UNREACHABLE')
      expect(stdout + stderr).not.toContain('secret-token')
    }
  })

  test('doctor reports all that is wrong at once, each with a remedy, and exits 1', async () => {
    const file = changed('sick', (config) => {
      const { vault } = config
      vault.address = vault.guard
      Object.assign(config.chain, { rpc: { read: [devnet.url, 'http://127.0.0.1:9/secret-token'] } })
      Object.assign(config, {
        policy: { reference: 'no-such-policy' },
        signer: { address: '0x00000000000000000000000000000000000000c1' },
        keeper: { mode: 'dry', limits: { maxHeadAgeSeconds: 60 } },
        store: { path: 'broken.db' },
      })
    })
    writeFileSync(join(folder, 'broken.db'), 'this is no database, only text that is long enough to be looked at')
    const { code, document } = await json(['doctor', '--config', file])
    const failed = document.checks.filter(({ status }: { status: string }) => status === 'fail')
    expect(code).toBe(1)
    expect([...new Set(failed.map(({ name }: { name: string }) => name))].sort()).toEqual([
      'endpoint lag',
      'policy',
      'read[0], simulate, send',
      'read[1]',
      'role',
      'store',
      'vault',
      'venues',
    ])
    expect(failed.every(({ remedy }: { remedy?: string }) => remedy !== undefined)).toBe(true)
    expect(JSON.stringify(document)).not.toContain('secret-token')
  })

  test('an endpoint without eth_simulateV1 is a warning of doctor', async () => {
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const call = JSON.parse(body)
      const answer =
        call.method === 'eth_simulateV1'
          ? { jsonrpc: '2.0', id: call.id, error: { code: -32601, message: 'the method does not exist' } }
          : { jsonrpc: '2.0', id: call.id, result: await rpc(call.method, call.params) }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      const { code, document } = await json(['doctor'], {
        env: { TILLER_CHAIN_RPC_SIMULATE: `http://127.0.0.1:${port}` },
      })
      expect(code).toBe(0)
      expect(document.checks.find(({ name }: { name: string }) => name === 'first gate')).toMatchObject({
        status: 'warn',
        remedy: 'Name an endpoint with eth_simulateV1 (geth, reth, nethermind, anvil) as chain.rpc.simulate.',
      })
    } finally {
      server.close()
    }
  })

  test('a second keeper on the same store is refused', async () => {
    const { acquireStoreLock } = await import('../../src/journal/store-lock.ts')
    const lock = acquireStoreLock(join(folder, '.tiller', 'journal.db'), {
      pid: process.pid,
      startedAt: '2026-01-01T00:00:00.000Z',
    })
    try {
      const { code, document } = await json(['keeper', 'once'])
      expect([code, document.error.code]).toEqual([1, 'STORE_LOCKED'])
      const doctor = await json(['doctor'])
      expect(doctor.document.checks.find(({ name }: { name: string }) => name === 'store')).toMatchObject({
        status: 'warn',
      })
    } finally {
      lock.release()
    }
  })

  test('a wrong password, a missing role and an unknown policy each say so', async () => {
    const wrong = changed('password', (config) => {
      config.signer.password = { env: 'WRONG' }
    })
    const password = await json(['keeper', 'once', '--mode', 'live', '--config', wrong], { env: { WRONG: 'x' } })
    expect([password.code, password.document.error.code]).toEqual([2, 'KEYS_WRONG_PASSWORD'])

    const policy = await json(['keeper', 'once'], { env: { TILLER_POLICY_REFERENCE: 'nonsense' } })
    expect([policy.code, policy.document.error.code]).toEqual([2, 'POLICY_UNKNOWN'])

    const pinned = await json(['keeper', 'once'], { env: { TILLER_POLICY_HASH: `0x${'00'.repeat(32)}` } })
    expect([pinned.code, pinned.document.error.code]).toEqual([2, 'CONFIG_POLICY_HASH'])

    const stranger = changed('stranger', (config) =>
      Object.assign(config, { signer: { address: '0x00000000000000000000000000000000000000c1' } }),
    )
    const role = await json(['keeper', 'once', '--config', stranger])
    expect(role.code).toBe(0)
    expect(role.document.refusals.map(({ code }: { code: string }) => code)).toContain('missing_role')
  })
})
