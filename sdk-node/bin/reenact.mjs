#!/usr/bin/env node
import { run } from './command.mjs';

run('reenact');
