import { toRouteHandlers } from 'ocikit/next'
import { routed } from '../../../../registry.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = toRouteHandlers(routed)
