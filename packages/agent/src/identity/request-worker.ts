// What @peculiar/x509 is built on asks for this polyfill, and throws without it.
import 'reflect-metadata';
import { KeyObject } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
const { rawData } = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: ALGORITHM });
parentPort!.postMessage({ key: KeyObject.from(keys.privateKey), request: new Uint8Array(rawData) });
