import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { providerTable, shortReason } from '../../../src/policy/execution-providers.ts'
import { loadPolicy } from '../../../src/policy/load-policy.ts'
import { makePackage } from './make-package.ts'

const bindings = join(
  import.meta.dirname,
  '../../../node_modules/onnxruntime-node/bin/napi-v6',
  process.platform,
  process.arch,
)
const cudaInstalled = existsSync(join(bindings, 'libonnxruntime_providers_cuda.so'))
const webgpuMissing = providerTable.webgpu.missing() !== undefined

describe('execution providers', () => {
  test('cpu needs nothing', () => {
    expect(providerTable.cpu.missing()).toBeUndefined()
  })

  test.skipIf(process.platform !== 'linux' || cudaInstalled)('cuda says which libraries are not there', () => {
    expect(providerTable.cuda.missing()?.reason).toBe(
      'libonnxruntime_providers_shared.so and libonnxruntime_providers_cuda.so not beside the onnxruntime binding',
    )
  })

  test('graphics sessions forbid that single nodes fall back to the CPU', () => {
    for (const provider of ['cuda', 'webgpu'] as const) {
      expect(providerTable[provider].sessionOptions.extra).toEqual({ session: { disable_cpu_ep_fallback: '1' } })
    }
    expect(providerTable.cpu.sessionOptions.extra).toBeUndefined()
  })

  test.skipIf(cudaInstalled || !webgpuMissing)(
    'the first usable one of the order runs, the others say why not',
    async () => {
      const events: [string, unknown][] = []
      const log = (event: string, fields?: unknown) => void events.push([event, fields])
      const logger = { debug: log, info: log, warn: log, error: log, child: () => logger }
      const policy = await loadPolicy({ reference: await makePackage(), logger })
      expect(policy.executionProvider).toBe('cpu')
      expect(policy.refusedProviders.map(({ provider }) => provider)).toEqual(['cuda', 'webgpu'])
      expect(policy.refusedProviders.every(({ reason, remedy }) => reason !== '' && remedy !== '')).toBe(true)
      expect(events.map(([event]) => event)).toEqual([
        'policy.provider_refused',
        'policy.provider_refused',
        'policy.loaded',
      ])
      await policy.close?.()
    },
  )

  test.skipIf(cudaInstalled)('an order in which nothing works is an error with all reasons', async () => {
    await expect(loadPolicy({ reference: await makePackage(), providers: ['cuda'] })).rejects.toMatchObject({
      code: 'POLICY_NO_PROVIDER',
      message: expect.stringContaining('refused: cuda: '),
    })
  })

  test('a reason carries no path of the machine that built or runs it', () => {
    const raw =
      '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 Failed to get a WebGPU adapter\n at x'
    expect(shortReason(new Error(raw))).toBe('Failed to get a WebGPU adapter')
    expect(shortReason(new Error('cannot open /home/someone/node_modules/lib.so: no such file'))).toBe(
      'cannot open lib.so: no such file',
    )
  })
})
