import { expect } from 'chai';
import { EMPTY_IMAGE, MetadataCache } from '../../../src/metadata/metadata-cache.js';
import { imageAfterUpdateMetadata } from '../../../src/metadata/update-metadata.js';
import { liveBroker, metadataOf, metadataState, updateMetadata } from '../../support/control-messages.js';

const ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

describe('the metadata cache', () => {
  const next = imageAfterUpdateMetadata(
    { ...EMPTY_IMAGE, configs: { topics: new Map([['t', new Map([['retention.ms', '1']])]]), brokers: new Map() } },
    updateMetadata({ liveBrokers: [liveBroker(1)], topicStates: [metadataOf('t', [metadataState(1)], ID)] }),
  );

  it('knows nothing at first', () => {
    const cache = new MetadataCache();
    expect(cache.image).to.equal(EMPTY_IMAGE);
    expect([cache.broker(1), cache.topic('t'), cache.topicName(ID), cache.partition('t', 0)]).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(cache.topicConfig('t').size).to.equal(0);
  });

  it('finds what it was told', () => {
    const cache = new MetadataCache();
    cache.applyView(next.delta, next.image);
    expect(cache.broker(1)?.id).to.equal(1);
    expect(cache.topic('t')?.topicId).to.equal(ID);
    expect(cache.topicName(ID)).to.equal('t');
    expect(cache.partition('t', 0), 'a hole').to.equal(undefined);
    expect(cache.partition('t', 1)?.leader).to.equal(1);
    expect(cache.topicConfig('t').get('retention.ms')).to.equal('1');
    expect(cache.topicConfig('u').size).to.equal(0);
  });

  it('tells each listener in the order of registration, when the new image stands', () => {
    const cache = new MetadataCache();
    const heard: string[] = [];
    cache.onChange((delta, image) => heard.push(`first ${[...delta.topics].join()} ${image === cache.image}`));
    cache.onChange(() => heard.push('second'));
    cache.applyView(next.delta, next.image);
    expect(heard).to.deep.equal(['first t true', 'second']);
  });
});
