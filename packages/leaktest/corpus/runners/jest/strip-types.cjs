// Takes the types out of TypeScript for jest, by Node itself.
const { stripTypeScriptTypes } = require('node:module')

module.exports = { process: source => ({ code: stripTypeScriptTypes(source) }) }
