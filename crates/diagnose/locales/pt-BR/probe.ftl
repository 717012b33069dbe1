### Sondagens ao vivo: o que foi enviado, o que voltou, o que isso prova e o que não prova.

probe-no-problem-so-far = Nenhum problema foi encontrado até aqui. Com CAUSEWAY_PSK (ou --psk-file) o teste segue até o logon; com --user NAME e CAUSEWAY_PASSWORD, até um endereço; --protocol pptp não precisa de chave para isso.
probe-predicted = O Windows mostraria { $ras } aqui: { $summary }

probe-name = .
    .sent = consulta ao resolvedor por { $name }
probe-name-found = { $answer }
    .proves = O nome é resolvido. O primeiro endereço será sondado.
probe-name-unknown = nenhum endereço: { $answer }
    .proves = Sem um endereço, ninguém consegue conectar a este nome a partir daqui.

probe-route = .
    .sent = consulta ao kernel sobre o caminho até { $address }
probe-route-gateway = de { $local } por { $interface }, próximo salto { $gateway }
    .proves = Há uma rota aqui. Se ela chega lá, dirão as próximas etapas.
probe-route-link = de { $local } por { $interface }, diretamente
    .proves = Há uma rota aqui. Se ela chega lá, dirão as próximas etapas.
probe-route-none = sem rota para { $address }
    .proves = Nada pode ser enviado daqui: esta máquina está offline ou sem rota padrão.

probe-echo = .
    .sent = { $sent } pings
probe-echo-answered = { $received } de { $sent } voltaram, o mais rápido em { $ms } ms
    .proves = O host existe e o caminho está aberto nos dois sentidos.
probe-echo-silence = nada voltou
    .proves = Não prova nada: muitos servidores e filtros descartam pings.

probe-ike-500 = .
    .sent = IKEv1 em modo principal, primeira mensagem com { $count } transformações para UDP 500, enviada { $sent }×
probe-ike-4500 = .
    .sent = a mesma mensagem com o marcador não ESP para UDP 4500, enviada { $sent }×
probe-ike-chosen = o servidor escolheu { $suite }
    .proves = Um serviço IKEv1 responde na UDP { $port }, o caminho está aberto, e a fase 1 tem uma transformação em comum. Isso não prova que a chave está certa.
probe-ike-chosen-vendors = o servidor escolheu { $suite }; ele anuncia { $vendors }
    .proves = Um serviço IKEv1 responde na UDP { $port }, o caminho está aberto, e a fase 1 tem uma transformação em comum. Isso não prova que a chave está certa.
probe-ike-chosen-product = o servidor escolheu { $suite }; parece ser { $product } e anuncia { $vendors }
    .proves = Um serviço IKEv1 responde na UDP { $port }, o caminho está aberto, e a fase 1 tem uma transformação em comum. Isso não prova que a chave está certa.
probe-ike-no-proposal = { $notify }: nada do que foi oferecido é aceito ({ $offered })
    .proves = Um serviço IKEv1 responde na UDP { $port }, mas este cliente e o servidor não têm transformação em comum.
probe-ike-notify = uma recusa em texto claro: { $notify }
    .proves = Um serviço IKE responde na UDP { $port } e recusa esta mensagem. Quem a enviou não está provado.
probe-ike-version = uma resposta em outra versão do IKE
    .proves = Um serviço IKE responde na UDP { $port }, mas não fala IKEv1, de que o L2TP/IPsec precisa.
probe-ike-unusable = uma resposta que não serve: { $said }
    .proves = Algo responde na UDP { $port }, mas nenhum cliente poderia continuar a partir daí.
probe-ike-closed = ICMP { $icmp } de { $from }
    .proves = O host existe e nada escuta na UDP { $port }, ou um filtro diz isso.
probe-ike-icmp = ICMP { $icmp } de { $from }
    .proves = Algo no caminho não deixa passar a UDP { $port }, ou o host não existe.
probe-ike-silence = nada voltou
    .proves = Um filtro descarta a UDP { $port }, ou o host não existe, ou ele não responde a este endereço. Não dá para saber qual.
probe-ike-4500-silence = nada voltou
    .proves = Ou a UDP 4500 é descartada no caminho, ou este servidor só aceita primeiras mensagens na UDP 500. Clientes atrás de NAT precisam da UDP 4500.

probe-nat = .
    .sent = modo principal, terceira mensagem, com hashes dos endereços
probe-nat-none = nenhuma das pontas está atrás de NAT
    .proves = O ESP viaja como protocolo IP 50, que os filtros do caminho precisam liberar.
probe-nat-here = esta ponta está atrás de NAT, o servidor não
    .proves = O ESP viaja na UDP 4500.
probe-nat-there = o servidor está atrás de NAT
    .proves = O ESP viaja na UDP 4500. O Windows recusa servidores assim, a menos que um valor do Registro permita.
probe-nat-both = as duas pontas estão atrás de NAT
    .proves = O ESP viaja na UDP 4500. O Windows recusa servidores assim, a menos que um valor do Registro permita.
probe-nat-unsupported = o servidor não conhece NAT traversal
    .proves = Clientes atrás de NAT não conseguem conectar.
probe-nat-notify = uma recusa em texto claro: { $notify }
    .proves = O servidor para depois de escolher uma transformação.
probe-nat-silence = nada voltou
    .proves = Mensagens maiores se perdem, ou o servidor parou: a segunda mensagem chegou, a quarta não.

probe-ikev2 = .
    .sent = IKEv2, IKE_SA_INIT para UDP 500
probe-ikev2-speaks = uma resposta em IKEv2
    .proves = O servidor também fala IKEv2. O L2TP/IPsec não o usa.
probe-ikev2-no-proposal = NO_PROPOSAL_CHOSEN
    .proves = O servidor também fala IKEv2, com outras transformações. O L2TP/IPsec não o usa.
probe-ikev2-refused = a versão foi recusada
    .proves = O servidor não fala IKEv2. O L2TP/IPsec não precisa dele.
probe-ikev2-notify = notificação { $notify }
    .proves = O servidor fala IKEv2 e recusa isto. O L2TP/IPsec não o usa.
probe-ikev2-icmp = ICMP { $icmp }
    .proves = Nada escuta IKEv2.
probe-ikev2-silence = nada voltou
    .proves = O servidor não fala IKEv2 ou não responde a desconhecidos. O L2TP/IPsec não precisa dele.

probe-transforms = .
    .sent = transformações da fase 1 uma a uma, { $tried } ao todo, dez por segundo
probe-transforms-accepted = aceitas: { $accepted }; recusadas: { $refused }
    .proves = Um cliente que ofereça uma das aceitas passa da primeira mensagem.
probe-transforms-accepted-silent = aceitas: { $accepted }; recusadas: { $refused }; sem resposta: { $silent }
    .proves = Um cliente que ofereça uma das aceitas passa da primeira mensagem. Este servidor parece recusar com silêncio.
probe-transforms-limited = aceitas: { $accepted }; recusadas: { $refused }; sem resposta: { $silent }; não tentadas: { $untried }
    .proves = No fim, o servidor não respondeu ao que já tinha respondido: ele limita desconhecidos, então ainda pode aceitar o que ficou sem resposta.
probe-transforms-none = nenhuma aceita; recusadas: { $refused }; sem resposta: { $silent }
    .proves = O servidor quer uma transformação que não está entre estas, ou outro tipo de autenticação.
probe-transforms-stopped = nenhuma aceita; recusadas: { $refused }; sem resposta: { $silent }; não tentadas: { $untried }
    .proves = O servidor não responde a nenhuma delas, então o resto não foi perguntado.

probe-aggressive = .
    .sent = IKEv1 em modo agressivo, primeira mensagem com { $suite } e uma identidade
probe-aggressive-exposed = a segunda mensagem, com um hash da chave pré-compartilhada
    .proves = Qualquer um pode coletar este hash e testar chaves contra ele em casa.
probe-aggressive-refused = { $notify }
    .proves = O servidor não responde ao modo agressivo, o que está certo.
probe-aggressive-silence = nada voltou
    .proves = O servidor não responde ao modo agressivo para esta identidade, o que está certo.

probe-l2tp-clear = .
    .sent = L2TP sem IPsec, SCCRQ para UDP 1701, uma vez
probe-l2tp-clear-accepted = SCCRP de { $host } ({ $vendor })
    .proves = O servidor abre túneis sem proteção alguma. O túnel foi fechado novamente.
probe-l2tp-clear-refused = StopCCN, resultado { $result }
    .proves = Um serviço L2TP pode ser alcançado de fora sem IPsec, e recusa.
probe-l2tp-clear-other = outra mensagem L2TP
    .proves = Um serviço L2TP pode ser alcançado de fora sem IPsec.
probe-l2tp-clear-icmp = ICMP { $icmp }
    .proves = A UDP 1701 está fechada a desconhecidos, o que está certo.
probe-l2tp-clear-silence = nada voltou
    .proves = Normal e correto: com IPsec, o L2TP viaja dentro do ESP, e a UDP 1701 não precisa ser alcançada de fora.

probe-pptp = .
    .sent = uma conexão com TCP 1723 e o Start-Control-Connection-Request do PPTP
probe-pptp-up = a conexão de controle está ativa; fabricante { $vendor }, host { $host }, firmware { $firmware }
    .proves = Um serviço PPTP responde. Isso não prova que o GRE passa.
probe-pptp-refused = o pedido foi recusado: { $result }; fabricante { $vendor }, firmware { $firmware }
    .proves = Um serviço PPTP responde e não aceita conexão daqui.
probe-pptp-not-pptp = a porta está aberta, mas o que responde não é PPTP
    .proves = Outro serviço ocupa a TCP 1723.
probe-pptp-mute = a porta está aberta, mas não vem resposta
    .proves = Algo aceita a conexão e não fala PPTP: um filtro, um proxy ou um serviço travado.
probe-pptp-closed = a conexão foi recusada
    .proves = O host existe, e nenhum serviço PPTP escuta. Um servidor só de L2TP não precisa dele.
probe-pptp-unreachable = sem caminho até a TCP 1723
    .proves = Um roteador ou filtro diz isso.
probe-pptp-silence = nada voltou
    .proves = Um filtro descarta a TCP 1723, ou o host não existe. Um servidor só de L2TP não precisa dela.

probe-pptp-call = .
    .sent = o Outgoing-Call-Request do PPTP e depois o Configure-Request do PPP em GRE
probe-pptp-call-gre = a chamada foi aceita, e o GRE volta
    .proves = O GRE passa nos dois sentidos.
probe-pptp-call-no-gre = a chamada foi aceita, mas nenhum GRE volta
    .proves = O GRE (protocolo IP 47) é descartado no caminho, na ida ou na volta.
probe-pptp-call-one-way = a chamada foi aceita e o GRE chega ({ $received } pacotes), mas nada nele responde ou confirma o que foi enviado
    .proves = O GRE (protocolo IP 47) passa do servidor até aqui, e é descartado no caminho de ida.
probe-pptp-call-cut = a chamada foi aceita, e o servidor a encerra antes de chegar qualquer GRE
    .proves = O que transporta o PPP no servidor nem começou: o log dele diz por quê.
probe-pptp-call-icmp = a chamada foi aceita, e ao GRE responde ICMP { $icmp } de { $from }
    .proves = Quem diz isso não deixa passar o GRE (protocolo IP 47): um filtro, ou um servidor em que nada o recebe.
probe-pptp-call-refused = a chamada foi recusada: { $result }
    .proves = O serviço não aceita chamadas agora.
probe-pptp-call-silence = sem resposta à chamada
    .proves = O serviço para depois da primeira resposta.
probe-pptp-call-not-tried = não tentado: GRE exige sockets raw (CAP_NET_RAW)
    .proves = Não se sabe se o GRE passa. Execute como root para ver.

probe-pptp-link = .
    .sent = PPP na chamada: as opções do enlace
probe-pptp-link-up = o enlace foi acordado; o servidor pede { $methods }
    .proves = O PPP está em execução no servidor, e há um método de autenticação que ambos conhecem.
probe-pptp-link-open = o enlace foi acordado; o servidor não pede logon
    .proves = O PPP está em execução no servidor, e deixa entrar qualquer um.
probe-pptp-link-failed = Erro RAS { $ras }: { $text } O servidor pede { $methods }. { $detail }
    .proves = O GRE passa, e o PPP não se estabelece.
probe-pptp-cut = o servidor encerrou a chamada
    .proves = A conexão chega até aqui. O log do servidor diz por que ela terminou.

probe-pptp-log-on = .
    .sent = o logon do usuário, uma vez
probe-pptp-log-on-up = o usuário foi aceito, por { $method }
    .proves = Usuário e senha estão certos, e este usuário pode discar.
probe-pptp-log-on-none = o servidor não quer logon
    .proves = Qualquer um entra.
probe-pptp-log-on-unasked = o servidor quer uma senha, e nenhuma foi dada
    .proves = Tudo até o logon funciona. Com --protocol pptp --user NAME e CAUSEWAY_PASSWORD o teste segue.

probe-pptp-encryption = .
    .sent = PPP sem criptografia: este teste não tem MPPE
probe-pptp-encryption-required = este servidor exige MPPE ({ $mppe }); o logon em si foi aceito
    .proves = O servidor faz bem: um cliente com MPPE segue daqui, um sem ele não consegue conectar.
probe-pptp-encryption-offered = o servidor pede MPPE ({ $mppe }), e passa sem ela
    .proves = Clientes sem criptografia também entram: quem escuta lê o que eles enviam.
probe-pptp-encryption-none = o servidor não pede criptografia
    .proves = Clientes sem criptografia entram: quem escuta lê o que eles enviam. Se o servidor criptografa para um cliente que pede, não foi testado.

probe-pptp-address = .
    .sent = PPP: endereços e servidores DNS
probe-pptp-address-up = endereço { $address }, o servidor por dentro é { $peer }, servidores DNS { $dns }
    .proves = A conexão esteve ativa, e foi encerrada de novo. O que há atrás dela não foi testado.

probe-pptp-methods = .
    .sent = chamadas curtas que sugerem um modo de autenticação cada: { $calls }; nenhum nome e nenhuma senha sai
probe-pptp-methods-pap = o servidor aceita { $offered }; não aceita { $refused }
    .proves = Sobre o PPTP, qualquer um no caminho lê a senha. O Windows não usa PAP, a menos que esteja marcado na página de segurança da conexão.
probe-pptp-methods-none = o servidor não pede que ninguém se autentique
    .proves = Quem chega entra.

probe-phase1 = .
    .sent = modo principal com a chave pré-compartilhada
probe-phase1-up = o servidor provou que conhece a chave
    .proves = A chave pré-compartilhada está certa, e cada ponta aceita a identidade da outra.

probe-quick-mode = .
    .sent = modo rápido: ESP em modo de transporte para o L2TP
probe-quick-mode-raw = as associações estão instaladas, ESP como protocolo IP 50
    .proves = A fase 2 tem uma transformação em comum. Que o ESP passa ainda não está provado.
probe-quick-mode-udp = as associações estão instaladas, ESP na UDP 4500
    .proves = A fase 2 tem uma transformação em comum. Que o ESP passa ainda não está provado.

probe-l2tp = .
    .sent = L2TP dentro do ESP: a primeira mensagem do túnel
probe-l2tp-up = o servidor responde, e o túnel está aberto
    .proves = O ESP passa nos dois sentidos, e o serviço L2TP está em execução.

probe-l2tp-call = .
    .sent = L2TP: uma chamada
probe-l2tp-call-up = a chamada foi aceita
    .proves = O servidor tem uma porta livre para a chamada.

probe-link = .
    .sent = PPP: as opções do enlace
probe-link-up = o enlace foi acordado
    .proves = O PPP está em execução no servidor, e há um método de autenticação que ambos conhecem.

probe-log-on = .
    .sent = o logon do usuário, uma vez
probe-log-on-up = o usuário foi aceito
    .proves = Usuário e senha estão certos, e este usuário pode discar.
probe-log-on-unasked = o servidor quer uma senha, e nenhuma foi dada
    .proves = Tudo até o logon funciona. Com --user NAME e CAUSEWAY_PASSWORD o teste segue.
probe-log-on-failed = Erro RAS { $ras }: { $text } { $detail }
    .proves = O servidor recusa este logon. Foi tentado uma vez; depois de mais algumas, muitos servidores bloqueiam a conta.

probe-address = .
    .sent = PPP: endereços e servidores DNS
probe-address-up = endereço { $address }, o servidor por dentro é { $peer }, servidores DNS { $dns }; logon por { $method }
    .proves = A conexão está ativa. O que se alcança por ela é com os próximos passos.

probe-methods = .
    .sent = chamadas curtas que sugerem cada uma um método de autenticação: { $calls }; nenhum nome e nenhuma senha são enviados
probe-methods-found = o servidor aceita { $offered }; não aceita { $refused }
    .proves = Um cliente faz logon por um dos primeiros, ou não faz.
probe-methods-pap = o servidor aceita { $offered }; não aceita { $refused }
    .proves = O Windows não usa PAP, a menos que esteja marcado na página de segurança da conexão. Dentro do IPsec a senha está protegida no caminho; o servidor a vê como foi digitada.
probe-methods-partly = o servidor aceita { $offered }; não aceita { $refused }; não se descobriu: { $unknown }
    .proves = O servidor não respondeu a todas as sugestões: do que não se descobriu nada se sabe.
probe-methods-none = o servidor não pede autenticação a ninguém
    .proves = Quem tem a chave pré-compartilhada entra. Clientes que querem prova do servidor recusam isso.

probe-encryption = .
    .sent = o que cliente e servidor combinaram, e se o PPP também deveria criptografar
probe-encryption-strong = IKE { $ike }; ESP { $esp } ({ $way }); { $ppp }
    .proves = No L2TP/IPsec quem criptografa é o IPsec. Nada disso é conhecido como quebrável.
probe-encryption-aging = IKE { $ike }; ESP { $esp } ({ $way }); { $ppp }
    .proves = No L2TP/IPsec quem criptografa é o IPsec. { $aging } resiste do modo como é usado aqui; o que for configurado de novo deve usar SHA-2.
probe-encryption-weak = IKE { $ike }; ESP { $esp } ({ $way }); { $ppp }
    .proves = No L2TP/IPsec quem criptografa é o IPsec, e aqui por { $weak }, que atacantes com recursos conseguem quebrar.
probe-ppp-nothing = o servidor não quer criptografia do PPP
probe-ppp-compression = o servidor quer que o PPP comprima, e ouviu não
probe-ppp-encryption = o servidor quer que o PPP também criptografe (MPPE), e ouviu não: dentro do IPsec isso nada acrescenta

probe-inner-echo = .
    .sent = pings pelo túnel que não podem ser fragmentados, de tamanho crescente
probe-inner-echo-all = { $to } responde a todos os tamanhos: { $passed } octetos
    .proves = Pacotes de tamanho máximo passam pelo túnel nos dois sentidos.
probe-inner-echo-some = { $to } responde a { $passed } octetos, e não a { $lost }
    .proves = Pacotes grandes somem: páginas da Web travam embora os pings funcionem.
probe-inner-echo-none = { $to } não responde a nenhum dos pings
    .proves = Não prova nada: o servidor pode descartar pings.

probe-inner-dns = .
    .sent = uma pergunta ao servidor DNS do servidor, pelo túnel
probe-inner-dns-answered = { $server } responde: { $answer }
    .proves = Os servidores DNS são alcançados pelo túnel.
probe-inner-dns-silence = { $server } não responde: { $answer }
    .proves = Os programas alcançam endereços, mas não nomes.

probe-reach = .
    .sent = um ping ou uma conexão TCP pelo túnel, como pedido
probe-reach-ping = { $to } responde em { $answer } ms
    .proves = A rede atrás do servidor é alcançada e encontra o caminho de volta.
probe-reach-open = { $to } aceita a conexão
    .proves = O serviço atrás do servidor é alcançado e encontra o caminho de volta.
probe-reach-refused = { $to } recusa a conexão
    .proves = O host atrás do servidor é alcançado e encontra o caminho de volta; nada escuta nesta porta.
probe-reach-failed = { $to }: { $answer }
    .proves = Ou não há caminho, de ida ou de volta, ou um filtro ou o próprio host não responde.

probe-up = .
    .sent = a conexão está ativa
probe-call-failed = Erro RAS { $ras }: { $text } { $detail }
    .proves = A conexão chega até aqui.
probe-call-out-of-time = não restou tempo
    .proves = Nada: --timeout dá mais.

probe-hang-up = .
    .sent = a conexão foi encerrada
probe-hang-up-done = o servidor sabe disso, ou teve tempo para saber
    .proves = Nada desta tentativa fica no servidor.

probe-warning-aggressive = O servidor responde ao modo agressivo com chave pré-compartilhada: quem perguntar pode adivinhar a chave offline. Permita apenas o modo principal.
probe-warning-clear = O servidor aceita L2TP sem IPsec: senhas e tráfego podem passar legíveis pela rede. Aceite a UDP 1701 só dentro do IPsec.
probe-warning-weak = O servidor aceita transformações que atacantes com recursos conseguem quebrar (3DES, MD5, grupos de 1024 ou 1536 bits). Mantenha-as só enquanto clientes antigos precisarem delas.
probe-warning-agreed = Cliente e servidor combinaram o que atacantes com recursos conseguem quebrar, embora este cliente ofereça algo melhor primeiro: o servidor não conhece nada melhor, ou prefere isso.
probe-warning-pptp = O PPTP foi quebrado: quem escuta pode descobrir o hash da senha. Use-o só onde nada mais funciona.
probe-warning-pptp-pap = O servidor aceita PAP sobre PPTP: quem escuta no caminho lê a senha de quem o usa. Desative-o no servidor.
