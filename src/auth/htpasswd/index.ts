/**
 * Users of an htpasswd file, whose passwords are kept with bcrypt.
 * @module
 */

export { type HtpasswdOptions, htpasswd, parseHtpasswd } from './htpasswd.ts'
