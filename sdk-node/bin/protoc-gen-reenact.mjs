#!/usr/bin/env node
import { run } from './command.mjs';

run('protoc-gen-reenact');
