import { connect, LIVE_PHASES, storeExists } from '@oakum/core/fleet'
import { defineCommand, type Command } from '../command/define.ts'
import { EXIT } from '../command/exit.ts'
import { storeArgs, storeUrl } from '../command/store.ts'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { readSpec } from '../completion/spec.ts'
import { zshScript } from '../completion/zsh.ts'

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript }

/** What the scripts ask for when an agent is to be named. */
const IDS = 'ids'

export const command: Command = defineCommand({
  name: 'completion',
  examples: ['bash >> ~/.bashrc', 'zsh > ~/.zfunc/_oakum', 'fish > ~/.config/fish/completions/oakum.fish'],
  words: { shell: [...Object.keys(SCRIPTS), IDS] },
  args: {
    shell: {
      type: 'positional',
      required: true,
      description: 'bash, zsh or fish; ids prints the agents that live, one a line',
    },
    ...storeArgs,
  },
  async run({ args: { shell, store } }) {
    if (isShell(shell)) {
      const { commands } = await import('./index.ts')
      process.stdout.write(SCRIPTS[shell](await readSpec(commands)))
      return EXIT.ok
    }
    for (const id of await liveIds(storeUrl(store))) console.log(id)
    return EXIT.ok
  },
})

async function liveIds(url: string): Promise<string[]> {
  if (!storeExists(url)) return []
  const fleet = await connect(url)
  try {
    return (await fleet.agents({ phases: LIVE_PHASES })).map(({ id }) => id)
  } finally {
    await fleet.close()
  }
}

function isShell(word: string): word is keyof typeof SCRIPTS {
  return Object.hasOwn(SCRIPTS, word)
}
