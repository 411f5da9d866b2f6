import { afterAll, test } from '@jest/globals';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application, Component } from '../../pkg/apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../../pkg/apis/names.ts';
import type { ApplicationOptions } from '../../pkg/controllers/application/deps.ts';
import { application, ApplicationBed, configMaps, deployments, oneAction } from '../support/application-bed.ts';
import { apiError } from '../support/fake-kube-client.ts';
import { ApplicationTranscript, expectTranscript } from '../support/transcript.ts';

const lines: string[] = [];
afterAll(() => expectTranscript('application', lines));

const web = (image = 'nginx', more: Partial<Component> = {}): Component => ({
  name: 'web',
  type: 'web',
  properties: { image, port: 80 },
  ...more,
});
const config: Component = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };
const conf1 = { name: 'conf', namespace: 'default' };
const web1 = { name: 'web', namespace: 'default' };

/** Plays one scenario and adds its transcript. */
function scenario(
  title: string,
  options: Partial<ApplicationOptions>,
  play: (transcript: ApplicationTranscript, bed: ApplicationBed) => Promise<void>,
): void {
  test(`the transcript of "${title}" is as recorded`, async () => {
    const bed = new ApplicationBed(options);
    const transcript = new ApplicationTranscript(title, bed);
    await play(transcript, bed);
    lines.push(...transcript.lines, '');
  });
}

const put = (transcript: ApplicationTranscript, what: string, app: Application): void => {
  transcript.act(what, () => {
    transcript.bed.put(app);
  });
};

function replaceStatus(bed: ApplicationBed, workflow: object): void {
  const app = bed.app();
  if (!app) throw new Error('there is no Application');
  const status = { ...app.status, workflow: { ...app.status?.workflow, ...workflow } };
  bed.cluster.replace(applicationResource, { ...app, status }, 'status');
}

function replaceMetadata(bed: ApplicationBed, change: Partial<KubeObject['metadata']>): void {
  const app = bed.app();
  if (!app) throw new Error('there is no Application');
  bed.cluster.replace(applicationResource, { ...app, metadata: { ...app.metadata, ...change } }, undefined);
}

const forbid =
  (kind: string, verb = 'apply') =>
  (
    write: { readonly verb: string; readonly resource: { readonly kind: string } },
    moment: 'before' | 'after',
  ): void => {
    if (write.verb === verb && write.resource.kind === kind && moment === 'before')
      throw apiError(403, 'Forbidden', `${kind} is forbidden`);
  };

scenario('create, resync, restart, update, delete', {}, async (transcript, bed) => {
  put(transcript, 'create', application({ components: [web(), config] }));
  await transcript.settle();
  transcript.act('resync', () => undefined);
  await transcript.settle();
  transcript.act('resync with watches', () => {
    bed.watching = true;
  });
  await transcript.settle();
  transcript.act('restart', () => {
    bed.restart();
  });
  await transcript.settle();
  put(transcript, 'update that drops a component', application({ components: [web('nginx:2')] }));
  await transcript.settle();
  transcript.act('delete', () => {
    bed.remove();
  });
  await transcript.settle();
});

scenario('a workload that becomes ready, with a late trait', {}, async (transcript, bed) => {
  put(transcript, 'create', application({ components: [web('slow', { traits: [{ type: 'late' }] }), config] }));
  await transcript.settle(2);
  transcript.act('the workload becomes ready', () => {
    const status = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
    bed.cluster.react = (object) => (object.kind === 'Deployment' ? { ...object, status } : object);
    bed.cluster.replace(deployments, { ...bed.cluster.get(deployments, web1), status }, 'status');
  });
  await transcript.settle();
  transcript.act('the workload fails', () => {
    const status = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 0, availableReplicas: 0 };
    bed.cluster.react = (object) => (object.kind === 'Deployment' ? { ...object, status } : object);
    bed.cluster.replace(deployments, { ...bed.cluster.get(deployments, web1), status }, 'status');
  });
  await transcript.settle(2);
});

scenario('mistakes', {}, async (transcript) => {
  put(transcript, 'unknown trait', application({ components: [web('x', { traits: [{ type: 'scalr' }] })] }));
  await transcript.settle();
  put(transcript, 'unknown step policy', {
    ...application({ components: [config], workflow: { steps: [{ name: 'a', type: 'nothing' }] } }),
  });
  await transcript.settle();
  put(
    transcript,
    'wrong parameters',
    application({ components: [web('x', { properties: { broken: true } }), config] }),
  );
  await transcript.settle();
  put(transcript, 'mended', application({ components: [web('x'), config] }));
  await transcript.settle();
});

scenario('requests that fail', {}, async (transcript, bed) => {
  bed.cluster.intercept = forbid('ApplicationRevision', 'create');
  put(transcript, 'create, revisions are forbidden', application({ components: [config] }));
  await transcript.settle();
  transcript.act('config maps are forbidden', () => {
    bed.cluster.intercept = forbid('ConfigMap');
  });
  await transcript.settle(3);
  transcript.act('nothing is forbidden', () => {
    bed.cluster.intercept = undefined;
  });
  await transcript.settle();
  transcript.act('a config map is gone and cannot come back', () => {
    bed.cluster.delete(configMaps, conf1, {});
    bed.cluster.intercept = forbid('ConfigMap');
  });
  await transcript.settle();
  transcript.act('it can come back', () => {
    bed.cluster.intercept = undefined;
  });
  await transcript.settle();
  transcript.act('the API server is overloaded once', () => {
    bed.cluster.delete(configMaps, conf1, {});
    bed.cluster.intercept = ({ resource }) => {
      bed.cluster.intercept = undefined;
      throw apiError(503, 'ServiceUnavailable', `no ${resource.kind} now`);
    };
  });
  await transcript.settle();
  await transcript.settle();
});

scenario('garbage that stays for a while', {}, async (transcript, bed) => {
  put(transcript, 'create', application({ components: [web(), config] }));
  await transcript.settle();
  const hold = (finalizers: readonly string[]): void => {
    const held = bed.cluster.get(configMaps, conf1);
    bed.cluster.replace(
      configMaps,
      { ...held, metadata: { ...held.metadata, finalizers: [...finalizers] } },
      undefined,
    );
  };
  transcript.act('a finalizer on what is dropped', () => {
    hold(['x/y']);
    bed.put(application({ components: [web()] }));
  });
  await transcript.settle(2);
  transcript.act('deletion of a tracker is forbidden', () => {
    bed.cluster.intercept = forbid('ResourceTracker', 'delete');
    hold([]);
  });
  await transcript.settle(2);
  transcript.act('deletion of a tracker is allowed', () => {
    bed.cluster.intercept = undefined;
  });
  await transcript.settle();
  put(transcript, 'restore', application({ components: [web(), config] }));
  await transcript.settle();
  transcript.act('delete while a finalizer holds', () => {
    hold(['x/y']);
    bed.remove();
  });
  await transcript.settle(2);
  transcript.act('the finalizer is removed', () => {
    hold([]);
  });
  await transcript.settle();
});

scenario('a workflow that is suspended, resumed, restarted', {}, async (transcript, bed) => {
  const steps = [
    { name: 'first', type: 'apply-component', properties: { component: 'conf' } },
    { name: 'wait', type: 'suspend' },
    { name: 'second', type: 'apply-component', properties: { component: 'web' } },
  ];
  put(transcript, 'create', application({ components: [web(), config], workflow: { steps } }));
  await transcript.settle();
  transcript.act('what is delivered is edited while suspended', () => {
    bed.cluster.delete(configMaps, conf1, {});
  });
  await transcript.settle();
  transcript.act('and cannot be put back', () => {
    bed.cluster.delete(configMaps, conf1, {});
    bed.cluster.intercept = forbid('ConfigMap');
  });
  await transcript.settle();
  transcript.act('resume', () => {
    bed.cluster.intercept = undefined;
    replaceStatus(bed, { suspend: false });
  });
  await transcript.settle();
  transcript.act('restart is asked for', () => {
    replaceMetadata(bed, {
      annotations: { ...bed.app()?.metadata.annotations, [annotations.restartWorkflow]: 'true' },
    });
  });
  await transcript.settle();
});

scenario('a workflow with failing steps', { retry: retry(2) }, async (transcript, bed) => {
  bed.defineStep(
    'fail',
    oneAction('builtin.fail', () => ({ message: 'on purpose' })),
  );
  bed.defineStep(
    'kube',
    oneAction('kube.apply', () => ({ value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } } })),
  );
  const steps = (type: string) => [
    { name: 'deliver', type: 'apply-component', properties: { component: 'conf' } },
    { name: 'other', type },
  ];
  put(transcript, 'an action fails', application({ components: [config], workflow: { steps: steps('fail') } }));
  await transcript.settle();
  transcript.act('a request fails, and again', () => {
    bed.cluster.intercept = (write, moment) => {
      if (write.name === 'x') forbid('ConfigMap')(write, moment);
    };
    bed.put(application({ components: [config], workflow: { steps: steps('kube') } }));
  });
  await transcript.settle();
  transcript.act('garbage of a failed workflow, restart', () => {
    bed.cluster.intercept = undefined;
    bed.restart();
    replaceStatus(bed, { terminated: true, finished: false });
  });
  await transcript.settle();
});

scenario('the status is written after each step', { patchStatusAtOnce: true }, async (transcript) => {
  const steps = ['conf', 'web'].map((component) => ({
    name: component,
    type: 'apply-component',
    properties: { component },
  }));
  put(
    transcript,
    'create',
    application({ components: [web(), config], workflow: { mode: { steps: 'StepByStep' }, steps } }),
  );
  await transcript.settle();
});

scenario('a publish version', {}, async (transcript) => {
  const version = (value: string) => ({ annotations: { [annotations.publishVersion]: value } });
  put(transcript, 'create v1', application({ components: [config] }, version('v1')));
  await transcript.settle();
  put(transcript, 'change without a new version', application({ components: [web()] }, version('v1')));
  await transcript.settle();
  put(transcript, 'v2', application({ components: [web()] }, version('v2')));
  await transcript.settle();
});

scenario('a shard', { shard: 's', leaseEpoch: 3 }, async (transcript, bed) => {
  const own = { labels: { [labels.scheduledShardId]: 's' } };
  put(transcript, 'create', application({ components: [config] }, own));
  await transcript.settle();
  transcript.act('the next term, and what was delivered is gone', () => {
    bed.restart({ leaseEpoch: 4 });
    bed.cluster.delete(configMaps, conf1, {});
  });
  await transcript.settle();
  transcript.act('a move is requested', () => {
    replaceMetadata(bed, { labels: { ...bed.app()?.metadata.labels, [labels.shardMove]: 't' } });
  });
  await transcript.settle();
  transcript.act('the move is cancelled', () => {
    replaceMetadata(bed, { labels: own.labels, annotations: {} });
  });
  await transcript.settle();
  transcript.act('another shard gets it', () => {
    replaceMetadata(bed, { labels: { [labels.scheduledShardId]: 't' } });
  });
  await transcript.settle();
  transcript.act('it comes back by hand', () => {
    replaceMetadata(bed, { labels: { [labels.scheduledShardId]: 's' } });
  });
  await transcript.settle();
});

scenario('a family without a shard, and one of another', { shard: 's', leaseEpoch: 3 }, async (transcript, bed) => {
  bed.restart({ shard: undefined, leaseEpoch: undefined });
  put(transcript, 'create without shards', application({ components: [config] }));
  await transcript.settle();
  transcript.act('sharding is switched on', () => {
    bed.restart({ shard: 's', leaseEpoch: 1 });
    replaceMetadata(bed, { labels: { [labels.scheduledShardId]: 's' } });
  });
  await transcript.settle();
  transcript.act('the label is changed by hand, another shard finds it', () => {
    replaceMetadata(bed, { labels: { [labels.scheduledShardId]: 't' } });
    bed.restart({ shard: 't', leaseEpoch: 1 });
  });
  await transcript.settle();
});

scenario('apply once', { applyOnce: true }, async (transcript, bed) => {
  put(transcript, 'create', application({ components: [web(), config] }));
  await transcript.settle();
  transcript.act('what was delivered is gone', () => {
    bed.cluster.delete(configMaps, conf1, {});
  });
  await transcript.settle(2);
});

scenario('an Application that is changed during a reconcile', {}, async (transcript, bed) => {
  const changeAfterApply = (change: Partial<KubeObject['metadata']>): void => {
    bed.cluster.intercept = ({ verb, resource }, moment) => {
      if (verb !== 'apply' || resource.kind !== 'ConfigMap' || moment !== 'after') return;
      bed.cluster.intercept = undefined;
      replaceMetadata(bed, change);
    };
  };
  transcript.act('create, labelled during the delivery', () => {
    changeAfterApply({ labels: { team: 'a' } });
    bed.put(application({ components: [config] }));
  });
  await transcript.settle();
  transcript.act('update, relabelled during the delivery', () => {
    changeAfterApply({ labels: { [labels.scheduledShardId]: 'other' } });
    bed.put(application({ components: [{ ...config, properties: { data: { a: '2' } } }] }));
  });
  await transcript.settle();
});

scenario('paused and of another controller version', {}, async (transcript, bed) => {
  put(transcript, 'paused', application({ components: [config] }, { labels: { [labels.pause]: 'true' } }));
  await transcript.settle();
  const other = { annotations: { [annotations.controllerVersionRequire]: 'v2' } };
  put(transcript, 'of another version', application({ components: [config] }, other));
  await transcript.settle();
  transcript.act('of any version', () => {
    bed.put(application({ components: [config] }));
  });
  await transcript.settle();
});

function retry(maxFailures: number): ApplicationOptions['retry'] {
  return { maxFailures, maxWaitBackoffMs: 60_000, maxFailedBackoffMs: 300_000 };
}
