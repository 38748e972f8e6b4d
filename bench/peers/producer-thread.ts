/**
 * The file of a second producer's thread, which pushes into one of the peers' ways.
 */
import { runSecondProducer } from '../ways/second-producer.js';
import { peerWays } from './ways.js';

runSecondProducer(peerWays);
