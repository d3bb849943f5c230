/**
 * The client's side: what is shown to a registry, and how tokens are got for it.
 * @module
 */

export { type Authorizer, createAuthorizer } from './authorizer.ts'
export {
  type CredentialQuery,
  type CredentialSource,
  type Credentials,
  firstCredentials,
} from './credentials.ts'
export { type CredentialHelper, type DockerConfigOptions, dockerConfig } from './docker-config.ts'
export { isPrivateHost, whyNotThere } from './private-address.ts'
export { CATALOG_SCOPE, mergeScopes, repositoryScope } from './scope.ts'
