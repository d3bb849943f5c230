/**
 * Who is calling, and what may they do.
 * @module
 */

export type { Access, Auth, AuthDecision } from './contract.ts'
export { open } from './open.ts'
export { type User, users } from './users.ts'
