import type { Command } from '../command/define.ts'

/** A command as the list knows it: its code is loaded when it is called. */
export interface CommandEntry {
  description: string
  load(): Promise<Command>
}

/** All commands, in the order of the help. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  up: {
    description: 'Watch over the fleet: find dead agents and reclaim what they held',
    load: async () => (await import('./up.ts')).command,
  },
  run: {
    description: 'Run any program as an agent that leaves nothing behind',
    load: async () => (await import('./run.ts')).command,
  },
  status: {
    description: 'Show what lives and what ended',
    load: async () => (await import('./status.ts')).command,
  },
  top: {
    description: 'Show which agents take most of the processors and the memory',
    load: async () => (await import('./top.ts')).command,
  },
  logs: {
    description: 'Show what agents printed and what happened to them',
    load: async () => (await import('./logs.ts')).command,
  },
  stop: {
    description: 'Ask an agent to finish, and wait until it is gone',
    load: async () => (await import('./stop.ts')).command,
  },
  kill: {
    description: 'End an agent and all it holds now',
    load: async () => (await import('./kill.ts')).command,
  },
  sweep: {
    description: 'Reclaim once what dead agents held',
    load: async () => (await import('./sweep.ts')).command,
  },
  keep: {
    description: 'Spare a process, and all below it, from ever being ended by Oakum',
    load: async () => (await import('./keep.ts')).command,
  },
  adopt: {
    description: 'Make an agent of a process that Oakum did not start',
    load: async () => (await import('./adopt.ts')).command,
  },
  doctor: {
    description: 'Find what is left over that nobody owns, and what to do about it',
    load: async () => (await import('./doctor.ts')).command,
  },
  diagnose: {
    description: 'Watch descriptors, threads and memory of an agent or any process',
    load: async () => (await import('./diagnose.ts')).command,
  },
  store: {
    description: 'Show the store, copy it, or empty it',
    load: async () => (await import('./store.ts')).command,
  },
  config: {
    description: 'Show the configuration that counts, and where it comes from',
    load: async () => (await import('./config.ts')).command,
  },
  completion: {
    description: 'Print a script that completes commands, options and agents in a shell',
    load: async () => (await import('./completion.ts')).command,
  },
  leaktest: {
    description: 'Test whether code leaks, each file in a process of its own',
    load: async () => (await import('./leaktest.ts')).command,
  },
}
