import { SECTIONS, type OakumConfig } from './schema.ts'
import { configuredStore } from './store.ts'

/** A setting that counts, and where it comes from. */
export interface EffectiveSetting {
  name: string
  value: unknown
  from: 'OAKUM_STORE' | 'file' | 'default'
}

/** What counts when the command line says nothing else. Of a URL that may hold secrets only the host is told. */
export function describeConfig(config: OakumConfig, env: NodeJS.ProcessEnv = process.env): EffectiveSetting[] {
  const store = configuredStore(config, env)
  const sections = (['up', 'run'] as const).flatMap(section => {
    const values: Readonly<Record<string, unknown>> = { ...config[section] }
    return Object.keys(SECTIONS[section]).map((name): [string, unknown] => [`${section}.${name}`, values[name]])
  })
  const settings: [string, unknown][] = [['redact', config.redact?.map(String)], ...sections]
  return [
    { name: 'store', value: store.url, from: store.from },
    ...settings
      .filter(([, value]) => value !== undefined)
      .map(([name, value]): EffectiveSetting => {
        return { name, value: name === 'up.alertWebhook' ? hostOf(String(value)) : value, from: 'file' }
      }),
  ]
}

function hostOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}/…` : '…'
}
