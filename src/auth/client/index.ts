/**
 * The client's side: what is shown to a registry, and how tokens are got for it.
 * @module
 */

export { type Authorizer, createAuthorizer } from './authorizer.ts'
export {
  basicHeader,
  type CredentialQuery,
  type CredentialSource,
  type Credentials,
  firstCredentials,
} from './credentials.ts'
export { type CredentialHelper, type DockerConfigOptions, dockerConfig } from './docker-config.ts'
export {
  type ConfigOwner,
  helperFor,
  serverOf,
  withLogin,
  withoutLogin,
} from './docker-logins.ts'
export { isPrivateHost, whyNotThere } from './private-address.ts'
export { CATALOG_SCOPE, mergeScopes, repositoryScope } from './scope.ts'
