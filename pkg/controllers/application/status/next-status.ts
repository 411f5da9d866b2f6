import type {
  ApplicationPhase,
  ApplicationStatus,
  AppliedResource,
  LatestRevision,
  ServiceStatus,
  WorkflowStatus,
} from '../../../apis/application-status.ts';
import type { Condition } from '../../../../machinery/src/meta.ts';
import type { PlacedEnvironment } from './environment-status.ts';
import { withEnvironments } from './environment-status.ts';
import type { ConditionChange, ConditionType } from './conditions.ts';
import { isTrue, withCondition, withoutConditions } from './conditions.ts';

/** What a stage of a reconcile found or did, as far as the status shows it. Listed in the order of the stages. */
export type Fact =
  /** Policies changed the Application; undefined where none does. */
  | {
      readonly kind: 'policiesApplied';
      readonly policies: ApplicationStatus['appliedApplicationPolicies'] | undefined;
      readonly configMap: string | undefined;
    }
  /** The Application is parsed and its revision is stored. */
  | { readonly kind: 'prepared' }
  /** A restart of the workflow was requested, or is scheduled. */
  | { readonly kind: 'restartDecided'; readonly restart: boolean; readonly scheduledAt: string | undefined }
  | { readonly kind: 'revisionChosen'; readonly latestRevision: LatestRevision }
  /** Resources were delivered, and no tracker records them any more: the workflow runs again. */
  | { readonly kind: 'trackersLost' }
  /** The run of the desired revision has no steps, because the plan of them is wrong. */
  | { readonly kind: 'runUnplanned'; readonly desired: string }
  /** The run of the desired revision is open. */
  | { readonly kind: 'runOpened'; readonly desired: string }
  /** The run is new. What was delivered before stays, and is shown, until the run replaces it. */
  | { readonly kind: 'runBegun'; readonly workflow: WorkflowStatus }
  | { readonly kind: 'stepsExecuted'; readonly workflow: WorkflowStatus }
  | {
      readonly kind: 'environmentsPlaced';
      readonly environments: readonly PlacedEnvironment[];
      readonly revision: string;
    }
  | { readonly kind: 'servicesAssessed'; readonly services: readonly ServiceStatus[] }
  /** What steps have delivered so far. */
  | { readonly kind: 'resourcesApplied'; readonly resources: readonly AppliedResource[] }
  /** Steps wait or are retried; `failing` is the message of those that fail. */
  | { readonly kind: 'runExecuting'; readonly failing: string | undefined }
  | { readonly kind: 'runSuspended' }
  | { readonly kind: 'runSucceeded'; readonly workflow: WorkflowStatus }
  | {
      readonly kind: 'runFailed';
      readonly workflow: WorkflowStatus;
      readonly message: string;
    }
  | { readonly kind: 'runStopped'; readonly phase: 'failed' | 'terminated' }
  /** Everything is delivered. */
  | {
      readonly kind: 'delivered';
      readonly appliedResources: readonly AppliedResource[];
      /** Whether a policy judges the health of the components. */
      readonly isHealthManaged?: boolean;
    }
  /** Resources that the Application does not name any more are deleted, or still exist. */
  | { readonly kind: 'collected'; readonly waitingFor: readonly string[] }
  | { readonly kind: 'deleting'; readonly waitingFor: readonly string[] }
  | {
      readonly kind: 'failed';
      readonly condition: ConditionType;
      readonly phase: ApplicationPhase;
      readonly message: string;
    };

type Change = { readonly [K in keyof ApplicationStatus]?: ApplicationStatus[K] | undefined };

/** The status before a fact, and a way to change its conditions. */
interface Before {
  readonly status: ApplicationStatus;
  readonly conditions: readonly Condition[];
  readonly set: (...changes: readonly ConditionChange[]) => Change;
}

type Changes = { readonly [K in Fact['kind']]: (before: Before, fact: Fact & { readonly kind: K }) => Change };

/** The status after a fact; `time` is that of the conditions that change by it. */
export function nextStatus(old: ApplicationStatus, fact: Fact, time: string): ApplicationStatus {
  const { conditions = [] } = old;
  const set: Before['set'] = (...list) => ({
    conditions: list.reduce((before, change) => withCondition(before, change, time), conditions),
  });
  const changeOf = changes[fact.kind] as (before: Before, fact: Fact) => Change;
  const changed = { ...old, ...changeOf({ status: old, conditions, set }, fact) };
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
}

const changes: Changes = {
  policiesApplied: (_, { policies, configMap }) => ({
    appliedApplicationPolicies: policies,
    applicationPoliciesConfigMap: configMap,
  }),
  prepared: ({ set }) => set(available('Parsed'), available('Revision')),
  restartDecided: (_, { scheduledAt, restart }) => ({
    workflowRestartScheduledAt: scheduledAt,
    ...(restart && { workflow: undefined }),
  }),
  revisionChosen: (_, { latestRevision }) => ({ latestRevision }),
  trackersLost: () => ({ workflow: undefined }),
  runUnplanned: ({ set }, { desired: appRevision }) => ({
    workflow: { appRevision, mode: '', suspend: false, terminated: false, finished: false },
    ...set(available('Policy')),
  }),
  runOpened: ({ status, set }, { desired }) => {
    const isNew = status.workflow?.appRevision !== desired;
    return set(...runConditions.filter((type) => isNew || !isTrue(status, type)).map(available));
  },
  runBegun: ({ conditions }, { workflow }) => ({
    status: 'rendering',
    workflow,
    conditions: withoutConditions(conditions, ['Workflow', 'Ready', 'Synced']),
  }),
  stepsExecuted: (_, { workflow }) => ({ workflow }),
  environmentsPlaced: ({ status }, { environments, revision }) => ({
    policy: withEnvironments(status.policy, environments, revision),
  }),
  servicesAssessed: (_, { services }) => ({ services }),
  resourcesApplied: (_, { resources }) => ({ appliedResources: resources }),
  runExecuting: (before, { failing: message }) => ({ status: 'runningWorkflow', ...executing(before, message) }),
  runSuspended: () => ({ status: 'workflowSuspending' }),
  runSucceeded: ({ set }, { workflow }) => ({ workflow, ...set(available('Workflow')) }),
  runFailed: ({ set }, { workflow, message }) => ({
    workflow,
    ...set(failing('Workflow', message), failing('Ready', message)),
  }),
  runStopped: (_, { phase }) => ({ status: phase === 'failed' ? 'workflowFailed' : 'workflowTerminated' }),
  delivered: ({ status }, { appliedResources, isHealthManaged = false }) => ({
    status: isHealthManaged || isHealthy(status) ? 'running' : 'unhealthy',
    appliedResources,
  }),
  collected: ({ set }, { waitingFor }) => {
    const ready = { type: 'Ready', status: 'True', reason: 'ReconcileSuccess' } as const;
    const { conditions = [] } = set(waitingFor.length > 0 ? deleting(waitingFor) : ready);
    return { conditions: withoutConditions(conditions, ['StateKeep', 'Synced']) };
  },
  deleting: ({ set }, { waitingFor }) => ({ status: 'deleting', ...set(deleting(waitingFor)) }),
  failed: ({ set }, { condition, phase, message }) => ({
    status: phase,
    ...set(failing(condition, message), failing('Ready', message)),
  }),
};

/** Conditions of what precedes the workflow; a run that is taken over as it is keeps those that are true. */
const runConditions = ['Policy', 'Render'] as const;

const available = (type: ConditionType): ConditionChange => ({ type, status: 'True', reason: 'Available' });

const failing = (type: ConditionType, message: string): ConditionChange => ({
  type,
  status: 'False',
  reason: 'ReconcileError',
  message,
});

/** A failure of an earlier attempt is not shown any more once no step fails. */
function executing({ conditions, set }: Before, message: string | undefined): Change {
  if (message !== undefined) return set(failing('Workflow', message), failing('Ready', message));
  if (!conditions.some(({ type }) => type === 'Workflow')) return {};
  return { conditions: withoutConditions(conditions, ['Workflow', 'Ready']) };
}

const deleting = (waitingFor: readonly string[]): ConditionChange => ({
  type: 'Ready',
  status: 'False',
  reason: 'Deleting',
  message: `waiting for ${waitingFor[0] ?? ''} to be deleted, at least ${waitingFor.length} left`,
});

/** Whether every service is healthy. */
export const isHealthy = ({ services = [] }: ApplicationStatus): boolean => services.every(({ healthy }) => healthy);
