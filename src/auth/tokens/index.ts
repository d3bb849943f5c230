/**
 * Tokens: a token service with what takes its tokens, tokens of a service elsewhere, and identity tokens of CI jobs.
 * Start reading at `service.ts`.
 * @module
 */

export { type BearerOptions, bearer } from './bearer.ts'
export { type OidcOptions, type OidcRule, oidc } from './oidc.ts'
export { type TokenService, type TokenServiceOptions, tokenService } from './service.ts'
