import * as v from 'valibot'
import { type AccessRequest, checkAccess as checked } from '../../../../../src/compose/index.ts'
import { type Access, type Authorizer, type Policy, policy, RegistryError } from '../../../../../src/index.ts'
import { type Kind, kindOf } from '../kind.ts'

/** The rules of a policy for this registry alone: who may do what here, whatever the server allows. */
export const checkAccess: Kind = kindOf(
  (inner) => ({ registry: inner, policy: rules }),
  async ({ registry, policy: authorize }, opening) =>
    checked(await opening.open(registry, 'registry'), async (access, { context }) => {
      if (!context) return false
      const decision = await authorize(accessOf(access), context)
      if (decision !== 'hide') return decision === 'allow'
      throw new RegistryError('NAME_UNKNOWN', 'there is no repository of this name', {
        detail: { name: access.repository },
      })
    }),
)

/** What a policy complains about gets its place in the file. */
const rules = v.pipe(
  v.unknown(),
  v.rawTransform(({ dataset, addIssue, NEVER }): Authorizer => {
    try {
      return policy(dataset.value as Policy)
    } catch (error) {
      const [, key = '', message] = /^(?:the policy|(\S+)): (.*)$/s.exec((error as Error).message) ?? []
      const path = { type: 'unknown', origin: 'value', input: dataset.value, key, value: undefined } as const
      addIssue({ message: message ?? 'must be rules', ...(key !== '' && { path: [path] }) })
      return NEVER
    }
  }),
)

const ACTIONS = { read: 'pull', list: 'pull', write: 'push', delete: 'delete' } as const

function accessOf({ repository, kind }: AccessRequest): Access {
  if (repository === null) return { type: 'registry', name: 'catalog', action: '*' }
  return { type: 'repository', name: repository, action: ACTIONS[kind] }
}
