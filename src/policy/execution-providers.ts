import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import type { InferenceSession } from 'onnxruntime-node'
import { policyProviderUnknown } from '../errors/policy.ts'

export const executionProviders = ['cuda', 'webgpu', 'cpu'] as const

export type ExecutionProvider = (typeof executionProviders)[number]

/** A provider that was tried and not used, and why, in one line without paths of this machine. */
export type RefusedProvider = { provider: ExecutionProvider; reason: string; remedy: string }

/** What is missing for a provider, or undefined where it looks usable. */
type MissingPart = { reason: string; remedy: string } | undefined

/** How one provider is probed and configured. */
export type ProviderEntry = {
  name: ExecutionProvider
  /**
   * Looks for what the provider needs before onnxruntime is asked for it. Its own attempt says the same, but the
   * libraries below it print to stderr on the way, past every logger.
   */
  missing(): MissingPart
  sessionOptions: InferenceSession.SessionOptions
}

const quiet: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 4,
}

/** No node of a graphics session may fall back to the CPU unseen: then the session fails, and the next provider is tried. */
const noFallback = { extra: { session: { disable_cpu_ep_fallback: '1' } } }

/** The one table of providers; DESIGN section 6. */
export const providerTable: Readonly<Record<ExecutionProvider, ProviderEntry>> = {
  cuda: {
    name: 'cuda',
    missing: missingCuda,
    sessionOptions: { ...quiet, ...noFallback, executionProviders: ['cuda'] },
  },
  webgpu: {
    name: 'webgpu',
    missing: missingWebGpu,
    sessionOptions: { ...quiet, ...noFallback, executionProviders: ['webgpu'] },
  },
  cpu: { name: 'cpu', missing: () => undefined, sessionOptions: { ...quiet, executionProviders: ['cpu'] } },
}

/** Checks names of providers that come from outside. Raises POLICY_PROVIDER_UNKNOWN. */
export function parseProviders(names: readonly string[]): ExecutionProvider[] {
  return names.map((name) => {
    const known = executionProviders.find((provider) => provider === name)
    if (known === undefined) throw policyProviderUnknown(name, executionProviders)
    return known
  })
}

/** Shortens a message of onnxruntime to its first line without source positions and paths. */
export function shortReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const line = text.split('\n').find((part) => part.trim() !== '') ?? 'no reason given'
  return line
    .replace(/\/\S*onnxruntime_src\/\S+\s+/g, '')
    .replace(/(?:\/[\w.@+-]+){2,}\/([\w.@+-]+)/g, '$1')
    .slice(0, 300)
    .trim()
}

function missingCuda(): MissingPart {
  if (process.platform !== 'linux') {
    return { reason: 'onnxruntime offers cuda on Linux only', remedy: 'Leave cuda out of the order.' }
  }
  const folder = bindingFolder()
  const absent = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'].filter(
    (file) => folder === undefined || !existsSync(join(folder, file)),
  )
  if (absent.length === 0) return undefined
  return {
    reason: `${absent.join(' and ')} not beside the onnxruntime binding`,
    remedy: 'Install the CUDA provider libraries of the same onnxruntime version; docs/policy-package.md says how.',
  }
}

function missingWebGpu(): MissingPart {
  if (process.platform !== 'linux') return undefined
  if (systemLibraryExists('libvulkan.so.1')) return undefined
  return {
    reason: 'the Vulkan loader libvulkan.so.1 is not installed',
    remedy: 'Install the Vulkan loader (Debian: libvulkan1) and a driver of the graphics card.',
  }
}

function bindingFolder(): string | undefined {
  try {
    const main = createRequire(import.meta.url).resolve('onnxruntime-node')
    return join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch)
  } catch {
    return undefined
  }
}

/** Whether the dynamic linker would find a library: its own cache, LD_LIBRARY_PATH and the usual folders. */
function systemLibraryExists(file: string): boolean {
  const folders = (process.env['LD_LIBRARY_PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  folders.push('/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib')
  folders.push('/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu')
  if (folders.some((folder) => existsSync(join(folder, file)))) return true
  try {
    return readFileSync('/etc/ld.so.cache').includes(file)
  } catch {
    return false
  }
}
