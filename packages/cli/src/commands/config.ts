import { defineCommand, type Command } from '../command/define.ts'
import { EXIT } from '../command/exit.ts'
import { jsonArgs, storeArgs } from '../command/store.ts'
import { describeConfig, type EffectiveSetting } from '../config/describe.ts'
import { loadConfig } from '../config/load.ts'
import { paintFor } from '../output/paint.ts'
import { formatTable, type Column } from '../output/table.ts'
import { json as toJson, plain } from '../output/text.ts'

const COLUMNS: readonly Column<EffectiveSetting>[] = [
  { title: 'SETTING', value: setting => setting.name },
  { title: 'FROM', value: setting => setting.from },
  { title: 'VALUE', value: ({ value }) => plain(typeof value === 'string' ? value : toJson(value)), flexible: true },
]

export const command: Command = defineCommand({
  name: 'config',
  examples: ['', '--config ci/oakum.config.ts --json'],
  args: { config: storeArgs.config, ...jsonArgs },
  async run({ args: { config, json } }) {
    const loaded = await loadConfig(config)
    const settings = describeConfig(loaded?.config ?? {})
    if (json) {
      console.log(toJson({ file: loaded?.file ?? null, settings }))
      return EXIT.ok
    }
    const { isTTY, columns } = process.stdout
    const options = { paint: paintFor(process.stdout), ...(isTTY ? { width: columns } : {}) }
    console.log(
      loaded === null ? 'No configuration file: oakum.config.ts here or above would be one.' : plain(loaded.file),
    )
    console.log(formatTable(COLUMNS, settings, options).join('\n'))
    return EXIT.ok
  },
})
