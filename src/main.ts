process.stdout.write('why137\n');
