import manifest from '../../package.json' with { type: 'json' }

/** Version of this Tiller. */
export const version: string = manifest.version
