/**
 * grpc-js through the parts that a client of unix sockets needs: its index also loads its server, its balancers and
 * its xDS hooks (about 2 MiB resident). Loaded when it is first needed. A test looks at what the bundle holds.
 */
export async function loadGrpcClient() {
  // Its parts need each other in a ring: from any other beginning, one is extended before it is there.
  await import('@grpc/grpc-js/build/src/channel.js');
  const [{ Client }, { ChannelCredentials }, { Metadata }, resolver, balancer] = await Promise.all([
    import('@grpc/grpc-js/build/src/client.js'),
    import('@grpc/grpc-js/build/src/channel-credentials.js'),
    import('@grpc/grpc-js/build/src/metadata.js'),
    import('@grpc/grpc-js/build/src/resolver-uds.js'),
    import('@grpc/grpc-js/build/src/load-balancer-pick-first.js'),
  ]);
  resolver.setup();
  balancer.setup();
  return { Client, ChannelCredentials, Metadata };
}
