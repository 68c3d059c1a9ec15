import { defineCommand, type Command } from '../command/define.ts'
import { EXIT } from '../command/exit.ts'
import { storeArgs } from '../command/store.ts'

export const command: Command = defineCommand({
  name: 'run',
  operands: 'COMMAND',
  args: { ...storeArgs },
  run: async () => EXIT.ok,
})
