/** Where a broker listens. Host and port as clients are to use them. */
export interface Endpoint {
  readonly listener: string;
  readonly securityProtocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  readonly host: string;
  readonly port: number;
}
