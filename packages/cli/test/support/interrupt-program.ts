// Says `asked` at the first interruption, and then never ends by itself.
import { listenForInterrupts } from '../../src/command/interrupt.ts'

const { signal } = listenForInterrupts()
signal.addEventListener('abort', () => console.log(`asked by ${String(signal.reason)}`))
console.log('ready')
