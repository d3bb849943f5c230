import { specOn } from '../table.ts'
import { serveSomewhere } from './start.ts'

specOn({ name: 'bun with fs', start: ({ sparse }) => serveSomewhere(...(sparse ? ['--sparse'] : [])) })
