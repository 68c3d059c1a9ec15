/**
 * What a configuration file may say. Each setting stands for an option of the command line, which wins over it.
 */

/** Defaults of `oakum up`. Times as text (`'90s'`, `'2h'`) or in seconds, sizes as text (`'4G'`) or in bytes. */
export interface UpDefaults {
  leakThreshold?: string | number
  leakWindow?: string | number
  /** How long events stay, or `'forever'`; see `--retention`. */
  retention?: string | number
  /** Run by the shell for each alert; see `--alert-command`. */
  alertCommand?: string
  /** Gets each alert by POST; see `--alert-webhook`. */
  alertWebhook?: string
}

/** Defaults of `oakum run`. Times and sizes as above. */
export interface RunDefaults {
  /** Labels of each agent; those of the command line come on top. */
  labels?: Readonly<Record<string, string>>
  timeout?: string | number
  maxMemory?: string | number
  maxTime?: string | number
  maxProcesses?: number
  keep?: boolean
  capture?: boolean
}

/** The contents of `oakum.config.{ts,js,mjs,json}`. */
export interface OakumConfig {
  /** The store's URL. A relative folder counts from the folder of the file. @default in the user's state directory */
  store?: string
  /** A fleet of its own within `store`. @default none */
  namespace?: string
  /** What these match is not stored of the output of agents, beside what is known for a secret. */
  redact?: readonly (string | RegExp)[]
  up?: UpDefaults
  run?: RunDefaults
}

/** Gives a configuration its type. */
export function defineConfig(config: OakumConfig): OakumConfig {
  return config
}

/** How the value of a setting becomes values of an option. */
export type Kind = 'value' | 'flag' | 'labels' | 'patterns'

/** A setting that stands for an option. */
export interface Setting {
  option: string
  kind: Kind
}

/** Which section holds the defaults of a command. */
export type Section = 'up' | 'run'

/** The settings of each command, by their names in the file. */
export const SECTIONS: Readonly<Record<Section, Readonly<Record<string, Setting>>>> = {
  up: {
    leakThreshold: { option: 'leak-threshold', kind: 'value' },
    leakWindow: { option: 'leak-window', kind: 'value' },
    retention: { option: 'retention', kind: 'value' },
    alertCommand: { option: 'alert-command', kind: 'value' },
    alertWebhook: { option: 'alert-webhook', kind: 'value' },
  } satisfies Record<keyof UpDefaults, Setting>,
  run: {
    labels: { option: 'label', kind: 'labels' },
    timeout: { option: 'timeout', kind: 'value' },
    maxMemory: { option: 'max-memory', kind: 'value' },
    maxTime: { option: 'max-time', kind: 'value' },
    maxProcesses: { option: 'max-processes', kind: 'value' },
    keep: { option: 'keep', kind: 'flag' },
    capture: { option: 'capture', kind: 'flag' },
  } satisfies Record<keyof RunDefaults, Setting>,
}

/** The settings that stand at the top of the file. */
export const TOP_SETTINGS: readonly (keyof OakumConfig)[] = ['store', 'namespace', 'redact', 'up', 'run']
