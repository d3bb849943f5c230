import { toApiHandler } from 'ocikit/next'
import { kit } from '../../registry.ts'

// The registry reads bodies itself, and answers with large ones.
export const config = { api: { bodyParser: false, responseLimit: false } }

export default toApiHandler(kit)
