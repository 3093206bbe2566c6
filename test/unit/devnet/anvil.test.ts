import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { expect, test } from 'vitest'
import { anvilBinary, startAnvil } from '../../../src/chain/anvil.ts'
import { projectRoot } from '../../../src/chain/paths.ts'
import { isAlive } from '../../../src/devnet/is-alive.ts'
import { createRpc } from '../../../src/devnet/rpc.ts'

async function until(condition: () => boolean, milliseconds = 5_000): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; ) {
    if (condition()) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return condition()
}

test('anvil answers on a free port, and stop ends it and can be called twice', async () => {
  const anvil = await startAnvil()
  expect(await createRpc(anvil.url)('eth_chainId')).toBe('0x7a69')
  expect(anvil.url).toBe(`http://127.0.0.1:${anvil.port}`)
  await anvil.stop()
  await anvil.stop()
  expect(await anvil.exited).toBe(0)
  expect(isAlive(anvil.pid)).toBe(false)
})

test('a request after the end says so without an address', async () => {
  const anvil = await startAnvil()
  await anvil.stop()
  await expect(createRpc(anvil.url)('eth_chainId')).rejects.toMatchObject({
    code: 'DEVNET_CALL_FAILED',
    details: { method: 'eth_chainId', reason: 'ECONNREFUSED' },
  })
})

test('the state is written when anvil is stopped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tiller-anvil-'))
  const dumpState = join(folder, 'state.json')
  const anvil = await startAnvil({ dumpState, timestamp: 1_760_000_000n, noMining: true })
  await createRpc(anvil.url)('evm_mine')
  await anvil.stop()
  expect(JSON.parse(readFileSync(dumpState, 'utf8')).best_block_number).toBe(1)
  rmSync(folder, { recursive: true })
})

test('a port in use is named', async () => {
  const anvil = await startAnvil()
  try {
    await expect(startAnvil({ port: anvil.port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: [
        'The port for the local chain is in use.',
        `  port: ${anvil.port}`,
        'Remedy: Choose another with `--port`, or stop the process that listens there.',
      ].join('\n'),
    })
  } finally {
    await anvil.stop()
  }
})

test('what anvil complains about is passed on', async () => {
  await expect(startAnvil({ hardfork: 'nonsense' })).rejects.toThrowErrorMatchingInlineSnapshot(`
    [TillerError: anvil ended before it was ready.
      exitCode: 1
      reason:   Unknown hardfork: nonsense
    Remedy: Fix what anvil complains about; for a fork, check that its endpoint answers.]
  `)
})

test('a fork of a dead endpoint fails without telling the endpoint', async () => {
  const attempt = startAnvil({ forkUrl: 'http://127.0.0.1:9/secret-key', args: ['--retries', '0'] })
  await expect(attempt).rejects.toMatchObject({ code: 'ANVIL_FAILED' })
  await expect(attempt).rejects.not.toThrow(/secret-key/)
})

test('a platform without a package is named', () => {
  expect(() => anvilBinary('sunos', 'x64')).toThrowErrorMatchingInlineSnapshot(`
    [TillerError: The anvil binary for this platform is not installed.
      package: @foundry-rs/anvil-sunos-amd64
    Remedy: Run \`npm ci\` without \`--omit=optional\` on a platform that Foundry supports.]
  `)
})

test('anvil does not outlive a process that was killed', async () => {
  const folder = join(projectRoot(), '.tiller')
  mkdirSync(folder, { recursive: true })
  const bundle = join(folder, `orphan-${process.pid}.mjs`)
  buildSync({
    stdin: {
      contents: `import { startAnvil } from './src/chain/anvil.ts'
        const anvil = await startAnvil()
        console.log(anvil.pid)`,
      resolveDir: projectRoot(),
      loader: 'ts',
    },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  })
  try {
    const parent = spawn(process.execPath, [bundle], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString('utf8'))
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    expect(await until(() => !isAlive(pid))).toBe(true)
  } finally {
    rmSync(bundle)
  }
})
