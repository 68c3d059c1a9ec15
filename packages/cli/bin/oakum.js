#!/usr/bin/env node
// Plain JavaScript that an old Node can still parse: its first act is to say which Node it needs.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`oakum: needs Node 22.18 or newer, this is ${process.versions.node} (NODE_TOO_OLD)`)
  process.exit(1)
}

// node:sqlite, and a configuration in TypeScript, tell each user of their own status; that is nothing an Oakum user can act on.
// All other warnings stay.
const emitWarning = process.emitWarning.bind(process)
process.emitWarning = (warning, ...rest) => {
  const type = typeof rest[0] === 'object' && rest[0] !== null ? rest[0].type : rest[0]
  if (type === 'ExperimentalWarning' && /^(SQLite|Type Stripping)/.test(String(warning))) return
  emitWarning(warning, ...rest)
}

import('node:module')
  .then(module => {
    if (module.enableCompileCache) module.enableCompileCache()
    return import('../dist/main.js')
  })
  .catch(error => {
    console.error(error)
    process.exitCode = 1
  })
