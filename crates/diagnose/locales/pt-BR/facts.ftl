### O que foi visto, uma frase para cada tipo de fato. $who é um dos who-*; nomes, números, endereços e o que a fonte diz entram como são.

who-client = o cliente
who-server = o servidor
who-here = este lado
who-there = o outro lado
not-said = não informado

# Uma frase com o que a própria fonte diz.
fact-said = { $fact }: { $said }

## Mensagens de IKE pelo nome.

exchange-main-mode = modo principal { $number }
exchange-aggressive-mode = modo agressivo { $number }
exchange-quick-mode = modo rápido { $number }
exchange-quick-mode-some = modo rápido
exchange-informational = informativa
exchange-transaction = transação
exchange-other = uma mensagem IKE
exchange-request = pedido { $name }
exchange-response = resposta { $name }
sent-nothing = nada
sent-times = { $message } ×{ $times }

## IKE.

fact-ike-message = { $who } envia { $message }
fact-ike-message-again = { $who } envia { $message } de novo
fact-ike-offered = { $who } oferece para a fase { $phase }: { $suites }
fact-ike-accepts = { $who } só aceita para a fase { $phase }: { $suites }
fact-ike-chosen = acordado para a fase { $phase }: { $suite }
fact-ike-no-common-suite = { $who } não encontra nada aceitável na proposta recebida para a fase { $phase }
fact-ike-suite-unsupported = { $who } não tem o algoritmo { $name }
fact-ike-notify = { $who } notifica { $kind }
fact-ike-vendor = { $who } anuncia { $name }
fact-ike-nat-forced = detecção de NAT: um dos lados finge estar atrás de um NAT, para que o ESP vá em UDP
fact-ike-nat-both = detecção de NAT: cliente e servidor estão atrás de um NAT
fact-ike-nat-client = detecção de NAT: o cliente está atrás de um NAT
fact-ike-nat-server = detecção de NAT: o servidor está atrás de um NAT
fact-ike-nat-none = detecção de NAT: não há NAT no caminho
fact-ike-nat-not-client = detecção de NAT: o cliente não está atrás de um NAT
fact-ike-nat-not-server = detecção de NAT: o servidor não está atrás de um NAT
fact-ike-nat-unknown = houve detecção de NAT
fact-ike-repeated = { $who } envia { $message } de novo, porque nada voltou
fact-ike-gave-up = { $who } desiste de esperar uma resposta
fact-ike-gave-up-after = { $who } desiste de esperar a resposta a { $message }
fact-ike-stood = última mensagem do cliente: { $client }; última do servidor: { $server }; depois nada por { $seconds } s
fact-ike-half-open-expired = { $who } descarta uma negociação que o outro lado nunca concluiu
fact-ike-undecryptable = { $who } não consegue decifrar uma mensagem cujas chaves dependem da chave pré-compartilhada
fact-ike-hash-wrong = { $who } considera errado o hash que prova a chave ou a identidade do outro lado
fact-ike-no-shared-key = { $who } não tem chave pré-compartilhada para este par
fact-ike-key-quotation-marks = { $who } tem aspas tipográficas na chave pré-compartilhada ou em volta dela
fact-ike-key-not-ascii = { $who } tem na chave pré-compartilhada caracteres fora do ASCII, que os clientes codificam de formas diferentes
fact-ike-key-blanks = { $who } tem espaços em uma ponta da chave pré-compartilhada
fact-ike-key-marks = { $who } tem aspas ou barras invertidas na chave pré-compartilhada
fact-ike-no-connection = { $who } não tem nenhuma conexão configurada que sirva para o que foi pedido
fact-ike-mode-refused = { $who } não aceita este modo
fact-ike-version-refused = { $who } não aceita a versão { $version } do IKE
fact-ike-identity = { $who } se identifica como { $identity }
fact-ike-identity-refused = { $who } não aceita a identidade do outro lado
fact-ike-identity-refused-got = { $who } não aceita a identidade { $got }
fact-ike-identity-refused-expected = { $who } espera a identidade { $expected } e recebe outra
fact-ike-identity-refused-both = { $who } espera a identidade { $expected } e recebe { $got }
fact-ike-phase1-up = a fase 1 do IKE está completa
fact-ike-selectors-refused = { $who } não aceita o tráfego que as associações devem proteger
fact-ike-selectors-refused-asked = { $who } não aceita o tráfego que as associações devem proteger ({ $asked })
fact-ike-pfs-refused = { $who } recusa porque o PFS (Perfect Forward Secrecy) não coincide
fact-ike-phase2-up = as associações IPsec estão instaladas
fact-ike-phase2-up-udp = as associações IPsec estão instaladas, com ESP em UDP 4500
fact-ike-phase2-up-raw = as associações IPsec estão instaladas, com ESP como protocolo IP 50
fact-ike-certificate-missing = { $who } não encontra nenhum certificado, ou falta a chave privada
fact-ike-certificate-untrusted = { $who } não confia no emissor do certificado
fact-ike-certificate-name = { $who } não encontra no certificado o nome esperado
fact-ike-certificate-usage = { $who } constata que o certificado não pode ser usado para isto
fact-ike-certificate-expired = { $who } constata que o certificado está fora da validade
fact-ike-certificate-revoked = { $who } constata que o certificado foi revogado, ou não consegue verificar isso
fact-ike-certificate-signature = { $who } constata que a assinatura do certificado está errada
fact-ike-deleted = { $who } exclui uma associação da fase { $phase }
fact-ike-peer-dead = { $who } não recebe mais nada do par de uma associação estabelecida
fact-ike-displaced = { $who } substitui ou recusa outra associação da mesma identidade ou do mesmo endereço
fact-ike-message-id-reused = { $who } recebe um ID de mensagem do modo rápido que já foi usado
fact-ike-mapping-changed = os pacotes do par agora vêm de outro endereço ou de outra porta
fact-ike-mapping-changed-to = os pacotes do par vinham de { $from } e agora vêm de { $to }
fact-ike-rekey-failed = { $who } não conseguiu renovar as chaves
fact-ike-limited = { $who } ignora novas negociações, porque há muitas ao mesmo tempo
fact-ike-kernel-refused = { $who } informa que o sistema operacional recusa as associações
fact-ike-network-closed = { $who } é avisado pela rede de que a porta está fechada
fact-ike-network-error = { $who } é avisado pela rede de que o outro lado não pode ser alcançado
fact-ike-service-stopped = { $who } não tem nenhum serviço IKE em execução

## ESP.

fact-esp-traffic = { $who } envia ESP como protocolo IP 50: pacotes { $packets }, bytes { $octets }, SPI { $spi }
fact-esp-traffic-udp = { $who } envia ESP em UDP 4500: pacotes { $packets }, bytes { $octets }, SPI { $spi }
fact-esp-tag = { $who } envia ESP cujos tamanhos indicam valores de integridade de { $octets } bytes (SPI { $spi })
fact-esp-unknown-spi = { $who } recebe ESP com o SPI { $spi }, que não pertence a nenhuma associação
fact-esp-unheard = { $who } envia ESP e não ouve mais nada (pacotes: { $packets })
fact-esp-integrity-failed = { $who } recebe ESP que não passa na verificação de integridade (pacotes: { $packets })
fact-esp-integrity-failed-truncation = { $who } recebe ESP que não passa na verificação de integridade (pacotes: { $packets }); o outro truncamento de HMAC-SHA2-256 teria servido
fact-esp-replayed = { $who } recebe pacotes ESP repetidos ou atrasados demais (pacotes: { $packets })
fact-esp-not-matching = { $who } tem pacotes que não correspondem a nenhuma política ou associação IPsec
fact-esp-association = Associação do kernel: de { $source } para { $destination }, SPI { $spi }
fact-esp-association-used = Associação do kernel: de { $source } para { $destination }, SPI { $spi }; pacotes: { $packets }
fact-esp-association-unused = Associação do kernel que nada transportou: de { $source } para { $destination }, SPI { $spi }
fact-esp-policy-protects = Uma política do kernel exige ESP: de { $source } para { $destination }
fact-esp-policy-passes = Uma política do kernel sem ESP: de { $source } para { $destination }
fact-esp-no-policies = O kernel não tem nenhuma política IPsec
fact-esp-came-unprotected = O kernel descartou pacotes que chegaram sem a proteção exigida pelas políticas (pacotes: { $packets })

## L2TP.

fact-l2tp-message = { $who } envia { $kind }
fact-l2tp-message-again = { $who } envia { $kind } de novo
fact-l2tp-message-clear = { $who } envia { $kind } fora do IPsec
fact-l2tp-tunnel-up = o túnel L2TP está estabelecido
fact-l2tp-call-up = a chamada L2TP está estabelecida
fact-l2tp-refused-tunnel = { $who } encerra o túnel L2TP (StopCCN, resultado { $result }, erro { $error })
fact-l2tp-refused-call = { $who } encerra a chamada L2TP (CDN, resultado { $result }, erro { $error })
fact-l2tp-unanswered = { $who } não recebe resposta às suas mensagens L2TP
fact-l2tp-unanswered-established = { $who } não recebe mais resposta por um túnel L2TP que estava estabelecido
fact-l2tp-unanswered-message = { $who } enviou { $kind } { $times } vezes, e nada voltou
fact-l2tp-authentication-failed = { $who } informa que a autenticação do túnel L2TP falhou
fact-l2tp-not-protected = { $who } recusa L2TP que chega sem IPsec
fact-l2tp-exhausted-addresses = { $who } não tem mais endereço para outra chamada
fact-l2tp-exhausted-ports = { $who } não tem mais porta para outra chamada
fact-l2tp-incompatible = { $who } reclama de uma mensagem L2TP
fact-l2tp-ppp-exited = { $who } vê terminar o programa que leva o PPP
fact-l2tp-ppp-exited-status = { $who } vê terminar o programa que leva o PPP, com status { $status }

## PPTP.

fact-pptp-connected = a conexão com TCP 1723 está aberta
fact-pptp-connection-refused = a conexão com TCP 1723 é recusada: nada escuta ali
fact-pptp-connection-timed-out = ninguém responde à tentativa de conexão com TCP 1723
fact-pptp-no-reply = TCP 1723 está aberta, e nenhuma mensagem PPTP volta
fact-pptp-message = { $who } envia { $kind }
fact-pptp-message-result = { $who } envia { $kind } com resultado { $result }
fact-pptp-tunnel-up = a conexão de controle do PPTP está estabelecida
fact-pptp-call-up = a chamada PPTP está estabelecida
fact-pptp-refused = { $who } recusa a conexão PPTP com resultado { $result }
fact-pptp-gre = { $who } envia GRE: pacotes { $packets }, bytes { $octets }
fact-pptp-no-gre = { $who } não recebe GRE enquanto a chamada está estabelecida
fact-pptp-gre-refused = { $who } não consegue enviar GRE, ou é avisado de que foi recusado
fact-pptp-closed = { $who } encerra a chamada ou a conexão PPTP
fact-pptp-port-busy = { $who } não conseguiu a porta TCP 1723 para o seu serviço PPTP

## PPP.

method-other = outro método

fact-ppp-packet = { $who } envia { $packet }
fact-ppp-packet-again = { $who } envia { $packet } de novo
fact-ppp-authentication-demanded = { $who } exige autenticação por { $method }
fact-ppp-authentication-offered = { $who } oferece para autenticação: { $offered }; não aceito: { $refused }
fact-ppp-authentication-declined = { $who } rejeita autenticação por { $method }
fact-ppp-authentication-declined-instead = { $who } rejeita autenticação por { $method } e propõe { $instead }
fact-ppp-no-common-authentication = { $who } encerra o link, porque nenhum método de autenticação serve aos dois
fact-ppp-link-up = o link PPP está estabelecido
fact-ppp-unanswered = { $who } não recebe resposta aos seus pedidos { $protocol }
fact-ppp-not-converging = os lados não chegam a um acordo em { $protocol }: as mesmas opções são recusadas repetidamente
fact-ppp-loopback = { $who } recebe de volta os próprios pacotes
fact-ppp-authenticated = o usuário foi aceito
fact-ppp-authenticated-user = o usuário { $user } foi aceito
fact-ppp-authenticated-by = o usuário foi aceito por { $method }
fact-ppp-authenticated-user-by = o usuário { $user } foi aceito por { $method }
fact-ppp-authentication-failed = { $who } informa que o usuário foi recusado
fact-ppp-authentication-failed-code = { $who } informa que o usuário foi recusado, com erro { $code }
fact-ppp-authentication-failed-reason = { $who } informa que o usuário foi recusado: { $reason }
fact-ppp-server-not-authentic = o servidor não conseguiu provar que conhece a senha
fact-ppp-authentication-timed-out = { $who } esperou demais pela autenticação
fact-ppp-encrypted = foi acordada a criptografia MPPE com { $bits } bits
fact-ppp-encryption-required = { $who } exige criptografia e não a obtém
fact-ppp-encryption-strength = { $who } recusa os níveis de MPPE que o outro lado pede
fact-ppp-no-encryption-keys = { $who } não tem chaves para MPPE, porque a autenticação não fornece nenhuma
fact-ppp-network-up = { $protocol } está estabelecido
fact-ppp-network-up-client = { $protocol } está estabelecido; o cliente tem o endereço { $client }
fact-ppp-protocol-rejected = { $who } rejeita { $protocol }
fact-ppp-no-network-protocol = { $who } constata que nenhum protocolo de rede foi estabelecido
fact-ppp-no-address = { $who } não tem endereço para dar
fact-ppp-no-address-exhausted = { $who } não tem mais endereços: o pool está esgotado
fact-ppp-address-refused = { $who } não aceita o endereço proposto
fact-ppp-address-refused-this = { $who } não aceita o endereço { $address }
fact-ppp-terminated = { $who } encerra o link PPP
fact-ppp-terminated-code = { $who } encerra o link PPP com erro { $code }
fact-ppp-peer-dead = { $who } não recebe mais resposta aos seus LCP Echo-Request
fact-ppp-hung-up = { $who } vê cair a conexão sob o PPP
fact-ppp-garbage = { $who } recebe pacotes de nenhum protocolo conhecido: o que foi decifrado ou descompactado é lixo
fact-ppp-incompatible = { $who } reclama de um pacote PPP
fact-ppp-kernel-missing = { $who } tem um kernel sem { $what }, ou não pode usá-lo
fact-ppp-exited = { $who } vê o pppd terminar com status { $status }
fact-ppp-up = a conexão durou { $seconds } s

reason-unknown-user = esse usuário não existe
reason-wrong-password = a senha está errada
reason-user-format = a forma do nome de usuário não é conhecida (domínio, realm)
reason-locked = a conta está bloqueada
reason-disabled = a conta está desabilitada
reason-expired = a conta expirou
reason-password-expired = a senha expirou
reason-logon-hours = fora do horário permitido
reason-no-dialin = o usuário não tem permissão de discagem
reason-no-policy = nenhuma política corresponde
reason-constraint = uma condição da política não permite
reason-method-disabled = o método está desativado
reason-no-usable-password = a senha está guardada em uma forma que não serve ao método
reason-backend = o servidor não conseguiu consultar quem decide
reason-address = o usuário não pode ter este endereço
reason-tls-version = as versões de TLS dos dois lados não coincidem

## RADIUS.

fact-radius-request = envio de { $kind } ao servidor RADIUS
fact-radius-request-again = novo envio de { $kind } ao servidor RADIUS
fact-radius-request-to = envio de { $kind } ao servidor RADIUS { $server }
fact-radius-request-to-again = novo envio de { $kind } ao servidor RADIUS { $server }
fact-radius-answer = o servidor RADIUS responde com { $kind }
fact-radius-answer-error = o servidor RADIUS responde com { $kind }, erro MS-CHAP { $error }
fact-radius-answer-reason = o servidor RADIUS responde com { $kind }: { $reason }
fact-radius-unanswered = o servidor RADIUS não responde
fact-radius-unanswered-from = o servidor RADIUS { $server } não responde
fact-radius-not-asked = não foi possível consultar o servidor RADIUS
fact-radius-unknown-client = o servidor RADIUS não conhece o servidor VPN que o consulta
fact-radius-secret-mismatch = os segredos compartilhados do servidor VPN e do servidor RADIUS são diferentes
fact-radius-message-authenticator-missing = falta no pacote RADIUS o Message-Authenticator, que é obrigatório
fact-radius-listening = o servidor RADIUS está pronto
fact-radius-port-closed = nada escuta na porta do servidor RADIUS

## O caminho.

icmp-port-unreachable = porta inalcançável
icmp-protocol-unreachable = protocolo inalcançável
icmp-unreachable = host inalcançável
icmp-prohibited = proibido por um filtro
icmp-too-big = pacote grande demais
icmp-time-exceeded = tempo excedido

fact-network-name-unknown = o nome { $name } não é resolvido
fact-network-name-resolved = o nome { $name } corresponde a { $addresses }
fact-network-no-route = não há rota até o outro lado
fact-network-no-route-to = não há rota até { $to }
fact-network-icmp = ICMP: { $kind } (protocolo { $protocol })
fact-network-icmp-port = ICMP: { $kind } (porta { $port })
fact-network-icmp-from = ICMP de { $from }: { $kind } (protocolo { $protocol })
fact-network-icmp-from-port = ICMP de { $from }: { $kind } (porta { $port })
fact-network-silent = nada volta de { $to }
fact-network-port-silent = nada volta de UDP { $port }, enquanto outra porta do host responde
fact-network-unreached = nada volta de { $to } pelo túnel
fact-network-astray = os pacotes para { $to } saem para a Internet, onde { $by } responde: nenhum roteador no caminho sabe onde está { $to }
fact-network-ping = pings para { $to } com { $size } bytes: enviados { $sent }, respondidos { $received }
fact-network-ping-too-big = pings para { $to } com { $size } bytes: enviados { $sent }, respondidos { $received }; grandes demais para o caminho
fact-network-inner = entre { $client } no túnel e { $host }: { $requests } pacotes na ida, { $replies } na volta
fact-network-inner-elsewhere = entre { $client } no túnel e { $host }: { $requests } pacotes na ida, { $replies } na volta, que vão para outra estação que não a de origem dos pedidos
fact-network-large-vanish = pacotes de { $passed } bytes passam, os de { $vanished } bytes somem
fact-network-fragments-lost = { $who } envia fragmentos que não chegam todos
fact-network-route = rota até { $to } por { $interface }
fact-network-route-gateway = rota até { $to } por { $interface }, próximo salto { $gateway }
fact-network-address = { $interface } tem o endereço { $address }
fact-network-tunnel-dns-failed = nomes não são resolvidos pelo túnel
fact-network-tunnel-dns-failed-at = nomes não são resolvidos pelo túnel em { $server }
fact-network-dhcp-unanswered = os pedidos DHCP ficam sem resposta
fact-network-address-conflict = outra máquina tem o mesmo endereço
fact-network-address-conflict-of = outra máquina também tem o endereço { $address }

## Uma máquina.

fact-host-system = o sistema é { $name }
fact-host-booted = a máquina foi iniciada
fact-host-update = a atualização { $name } está instalada
fact-host-service = o serviço { $name } existe
fact-host-service-running = o serviço { $name } está em execução
fact-host-service-stopped = o serviço { $name } não está em execução
fact-host-service-disabled = o serviço { $name } está desabilitado
fact-host-registry = registro: { $name } em { $key } é { $value }
fact-host-registry-absent = registro: { $name } não está definido em { $key }
fact-host-registry-misplaced = registro: { $name } está em { $key }, onde o Windows não o lê; o lugar dele é { $right }
fact-host-listening = há escuta em { $protocol } { $address }
fact-host-listening-owner = { $owner } escuta em { $protocol } { $address }
fact-host-listening-complete = esta é a lista completa de sockets: o que não está nela não escuta
fact-host-port-busy = { $program } não consegue a sua porta, porque outro programa a ocupa
fact-host-port-busy-port = { $program } não consegue { $protocol } { $port }, porque outro programa a ocupa
fact-host-started = { $program } inicia
fact-host-stopped = { $program } para, ou não está em execução
fact-host-module-missing = falta o módulo de kernel { $module }, ou ele não pode ser carregado
fact-host-configuration-error = { $program } reclama da sua configuração
fact-host-setting-quotation-marks = { $program }: há aspas tipográficas em uma configuração
fact-host-setting-tunnel-mode = { $program }: modo de túnel, e o L2TP precisa do modo de transporte
fact-host-setting-ikev2 = { $program }: IKEv2, e o L2TP/IPsec de Windows, Apple e Android precisa de IKEv1
fact-host-setting-own-address = { $program }: o próprio endereço do servidor está dentro do intervalo que ele distribui
fact-host-setting-range-reversed = { $program }: o intervalo de endereços termina antes de começar
fact-host-setting-contradiction = { $program }: { $method } é exigido e recusado ao mesmo tempo
fact-host-setting-no-method = { $program }: todos os métodos de autenticação são recusados
fact-host-known-bug = aparece um defeito conhecido desta versão
fact-host-forwarding-on = o kernel encaminha pacotes { $version }
fact-host-forwarding-off = o kernel não encaminha pacotes { $version }
fact-host-filter-drops = um filtro de pacotes descarta o que o túnel leva
fact-host-miniport-missing = { $name } não está instalado
fact-host-miniport-unnamed = { $name } não tem descrição no registro (DriverDesc)
fact-host-miniport-status = { $name } aparece com o status { $status }
fact-host-profile = configurações da conexão { $name }: servidor { $server }, túnel { $tunnel }, criptografia { $encryption }
fact-host-profile-no-key = configurações da conexão { $name }: servidor { $server }, túnel { $tunnel }, criptografia { $encryption }, sem chave pré-compartilhada
fact-host-other-vpn = há outro programa de VPN: { $name }

## Relatado.

fact-reported-ras = erro { $code }: { $meaning }
fact-reported-ras-unknown = erro { $code }
fact-reported-ike = erro IPsec { $code }: { $meaning }
fact-reported-ike-unknown = erro IPsec { $code }
fact-reported-event = evento { $id } de { $provider }
fact-reported-nps-reason = o NPS dá o código de motivo { $code }
fact-reported-verdict = o veredito do próprio programa: { $cause } (estágio: { $stage })
fact-reported-user-hung-up = alguém deste lado desligou
fact-reported-connected = a conexão está estabelecida
fact-reported-disconnected = a conexão terminou normalmente
fact-reported-affects-user = um usuário ou uma máquina é afetado
fact-reported-affects-site = todos em um mesmo local são afetados
fact-reported-affects-everyone = todos são afetados

fact-remark-stated = alguém escreveu algo que aponta para isto: { $cause }
fact-remark-mended = alguém escreveu que era isto, ou que corrigi-lo ajudou: { $cause }
fact-remark-supposed = alguém supôs ou tentou algo que pertence a isto: { $cause }
fact-remark-denied = alguém escreveu que não é isto, ou que corrigi-lo não ajudou: { $cause }
fact-remark-about = diz de que trata o relato
