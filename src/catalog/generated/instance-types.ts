/**
 * The instance types of EC2, as the first lines of the table say. Written by `plimsoll catalog refresh`; don't edit.
 */
export const recording = {
  text: `source: DescribeInstanceTypes and DescribeInstanceTypeOfferings of AWS, as recorded by moto 5.2.1
region: ap-southeast-1
date: 2026-11-21
name|vCPUs|MiB|arch|manufacturer|MHz|hypervisor|flags|interfaces|IPv4|network Mbps|EBS Mbps|EBS volumes|disk GB|GPUs|Neuron|EFA|zones
a1.2xlarge|8|16384|arm64|aws|2300|nitro|pos|4|15|2500|3500|27s|||||a b
a1.4xlarge|16|32768|arm64|aws|2300|nitro|pos|8|30|5000|3500|27s|||||a b
a1.large|2|4096|arm64|aws|2300|nitro|pos|3|10|750|3500|27s|||||a b
a1.medium|1|2048|arm64|aws|2300|nitro|pos|2|4|500|3500|27s|||||a b
a1.metal|16|32768|arm64|aws|2300||bpos|8|30|5000|3500|31s|||||a b
a1.xlarge|4|8192|arm64|aws|2300|nitro|pos|4|15|1250|3500|27s|||||a b
c1.xlarge|8|7168|amd64|intel||xen|pos|4|15|1000||39s|||||a b
c3.2xlarge|8|15360|amd64|intel|2800|xen|pos|4|15|1000||39s|||||a b
c3.4xlarge|16|30720|amd64|intel|2800|xen|pos|8|30|2000||39s|||||a b
c3.8xlarge|32|61440|amd64|intel|2800|xen|pos|8|30|5000||39s|||||a b
c3.xlarge|4|7680|amd64|intel|2800|xen|pos|4|15|700||39s|||||a b
c4.2xlarge|8|15360|amd64|intel|2900|xen|pos|4|15|2500|1000|40s|||||a b c
c4.4xlarge|16|30720|amd64|intel|2900|xen|pos|8|30|5000|2000|40s|||||a b c
c4.8xlarge|36|61440|amd64|intel|2900|xen|pos|8|30|10000|4000|40s|||||a b c
c4.large|2|3840|amd64|intel|2900|xen|pos|3|10|625|500|40s|||||a b c
c4.xlarge|4|7680|amd64|intel|2900|xen|pos|4|15|1250|750|40s|||||a b c
c5.12xlarge|48|98304|amd64|intel|3600|nitro|pos|8|30|12000|9500|27s|||||a b c
c5.18xlarge|72|147456|amd64|intel|3400|nitro|pos|15|50|25000|19000|27s|||||a b c
c5.24xlarge|96|196608|amd64|intel|3600|nitro|pos|15|50|25000|19000|27s|||||a b c
c5.2xlarge|8|16384|amd64|intel|3400|nitro|pos|4|15|2500|4750|27s|||||a b c
c5.4xlarge|16|32768|amd64|intel|3400|nitro|pos|8|30|5000|4750|27s|||||a b c
c5.9xlarge|36|73728|amd64|intel|3400|nitro|pos|8|30|12000|9500|27s|||||a b c
c5.large|2|4096|amd64|intel|3400|nitro|pos|3|10|750|4750|27s|||||a b c
c5.metal|96|196608|amd64|intel|3600||bpos|15|50|25000|19000|31s|||||a b c
c5.xlarge|4|8192|amd64|intel|3400|nitro|pos|4|15|1250|4750|27s|||||a b c
c5a.12xlarge|48|98304|amd64|amd|3300|nitro|eos|8|30|12000|4750|27s|||||a b c
c5a.16xlarge|64|131072|amd64|amd|3300|nitro|eos|15|50|20000|6300|27s|||||a b c
c5a.24xlarge|96|196608|amd64|amd|3300|nitro|eos|15|50|20000|9500|27s|||||a b c
c5a.2xlarge|8|16384|amd64|amd|3300|nitro|eos|4|15|2500|3170|27s|||||a b c
c5a.4xlarge|16|32768|amd64|amd|3300|nitro|eos|8|30|5000|3170|27s|||||a b c
c5a.8xlarge|32|65536|amd64|amd|3300|nitro|eos|8|30|10000|3170|27s|||||a b c
c5a.large|2|4096|amd64|amd|3300|nitro|eos|3|10|750|3170|27s|||||a b c
c5a.xlarge|4|8192|amd64|amd|3300|nitro|eos|4|15|1250|3170|27s|||||a b c
c5ad.12xlarge|48|98304|amd64|amd|3300|nitro|eos|8|30|12000|4750|25s|1800||||b c
c5ad.16xlarge|64|131072|amd64|amd|3300|nitro|eos|15|50|20000|6300|25s|2400||||b c
c5ad.24xlarge|96|196608|amd64|amd|3300|nitro|eos|15|50|20000|9500|25s|3800||||b c
c5ad.2xlarge|8|16384|amd64|amd|3300|nitro|eos|4|15|2500|3170|26s|300||||b c
c5ad.4xlarge|16|32768|amd64|amd|3300|nitro|eos|8|30|5000|3170|25s|600||||b c
c5ad.8xlarge|32|65536|amd64|amd|3300|nitro|eos|8|30|10000|3170|25s|1200||||b c
c5ad.large|2|4096|amd64|amd|3300|nitro|eos|3|10|750|3170|26s|75||||b c
c5ad.xlarge|4|8192|amd64|amd|3300|nitro|eos|4|15|1250|3170|26s|150||||b c
c5d.12xlarge|48|98304|amd64|intel|3600|nitro|os|8|30|12000|9500|25s|1800||||a b c
c5d.18xlarge|72|147456|amd64|intel|3400|nitro|os|15|50|25000|19000|25s|1800||||a b c
c5d.24xlarge|96|196608|amd64|intel|3600|nitro|os|15|50|25000|19000|23s|3600||||a b c
c5d.2xlarge|8|16384|amd64|intel|3400|nitro|os|4|15|2500|4750|26s|200||||a b c
c5d.4xlarge|16|32768|amd64|intel|3400|nitro|os|8|30|5000|4750|26s|400||||a b c
c5d.9xlarge|36|73728|amd64|intel|3400|nitro|os|8|30|12000|9500|26s|900||||a b c
c5d.large|2|4096|amd64|intel|3400|nitro|os|3|10|750|4750|26s|50||||a b c
c5d.metal|96|196608|amd64|intel|3600||bos|15|50|25000|19000|31s|3600||||a b c
c5d.xlarge|4|8192|amd64|intel|3400|nitro|os|4|15|1250|4750|26s|100||||a b c
c5n.18xlarge|72|196608|amd64|intel|3400|nitro|eos|15|50|100000|19000|27s||||1|a b c
c5n.2xlarge|8|21504|amd64|intel|3400|nitro|eos|4|15|10000|4750|27s|||||a b c
c5n.4xlarge|16|43008|amd64|intel|3400|nitro|eos|8|30|15000|4750|27s|||||a b c
c5n.9xlarge|36|98304|amd64|intel|3400|nitro|eos|8|30|50000|9500|27s||||1|a b c
c5n.large|2|5376|amd64|intel|3400|nitro|eos|3|10|3000|4750|27s|||||a b c
c5n.metal|72|196608|amd64|intel|3400||ebos|15|50|100000|19000|31s||||1|a b c
c5n.xlarge|4|10752|amd64|intel|3400|nitro|eos|4|15|5000|4750|27s|||||a b c
c6a.12xlarge|48|98304|amd64|amd|3600|nitro|eos|8|30|18750|15000|27s|||||a b c
c6a.16xlarge|64|131072|amd64|amd|3600|nitro|eos|15|50|25000|20000|27s|||||a b c
c6a.24xlarge|96|196608|amd64|amd|3600|nitro|eos|15|50|37500|30000|27s|||||a b c
c6a.2xlarge|8|16384|amd64|amd|3600|nitro|eos|4|15|3125|10000|27s|||||a b c
c6a.32xlarge|128|262144|amd64|amd|3600|nitro|eos|15|50|50000|40000|27s|||||a b c
c6a.48xlarge|192|393216|amd64|amd|3600|nitro|eos|15|50|50000|40000|27s||||1|a b c
c6a.4xlarge|16|32768|amd64|amd|3600|nitro|eos|8|30|6250|10000|27s|||||a b c
c6a.8xlarge|32|65536|amd64|amd|3600|nitro|eos|8|30|12500|10000|27s|||||a b c
c6a.large|2|4096|amd64|amd|3600|nitro|eos|3|10|781|10000|27s|||||a b c
c6a.metal|192|393216|amd64|amd|3600||ebos|15|50|50000|40000|31s||||1|a b c
c6a.xlarge|4|8192|amd64|amd|3600|nitro|eos|4|15|1562|10000|27s|||||a b c
c6g.12xlarge|48|98304|arm64|aws|2500|nitro|os|8|30|20000|14250|27s|||||a b c
c6g.16xlarge|64|131072|arm64|aws|2500|nitro|os|15|50|25000|19000|27s|||||a b c
c6g.2xlarge|8|16384|arm64|aws|2500|nitro|os|4|15|2500|4750|27s|||||a b c
c6g.4xlarge|16|32768|arm64|aws|2500|nitro|os|8|30|5000|4750|27s|||||a b c
c6g.8xlarge|32|65536|arm64|aws|2500|nitro|os|8|30|12000|9500|27s|||||a b c
c6g.large|2|4096|arm64|aws|2500|nitro|os|3|10|750|4750|27s|||||a b c
c6g.medium|1|2048|arm64|aws|2500|nitro|os|2|4|500|4750|27s|||||a b c
c6g.metal|64|131072|arm64|aws|2500||bos|15|50|25000|19000|31s|||||a b c
c6g.xlarge|4|8192|arm64|aws|2500|nitro|os|4|15|1250|4750|27s|||||a b c
c6gd.12xlarge|48|98304|arm64|aws|2500|nitro|os|8|30|20000|14250|25s|2850||||a b c
c6gd.16xlarge|64|131072|arm64|aws|2500|nitro|os|15|50|25000|19000|25s|3800||||a b c
c6gd.2xlarge|8|16384|arm64|aws|2500|nitro|os|4|15|2500|4750|26s|474||||a b c
c6gd.4xlarge|16|32768|arm64|aws|2500|nitro|os|8|30|5000|4750|26s|950||||a b c
c6gd.8xlarge|32|65536|arm64|aws|2500|nitro|os|8|30|12000|9500|26s|1900||||a b c
c6gd.large|2|4096|arm64|aws|2500|nitro|os|3|10|750|4750|26s|118||||a b c
c6gd.medium|1|2048|arm64|aws|2500|nitro|os|2|4|500|4750|26s|59||||a b c
c6gd.metal|64|131072|arm64|aws|2500||bos|15|50|25000|19000|31s|3800||||a b c
c6gd.xlarge|4|8192|arm64|aws|2500|nitro|os|4|15|1250|4750|26s|237||||a b c
c6gn.12xlarge|48|98304|arm64|aws|2500|nitro|epos|8|30|75000|28500|27s|||||a b c
c6gn.16xlarge|64|131072|arm64|aws|2500|nitro|epos|15|50|100000|38000|27s||||1|a b c
c6gn.2xlarge|8|16384|arm64|aws|2500|nitro|epos|4|15|12500|9500|27s|||||a b c
c6gn.4xlarge|16|32768|arm64|aws|2500|nitro|epos|8|30|25000|9500|27s|||||a b c
c6gn.8xlarge|32|65536|arm64|aws|2500|nitro|epos|8|30|50000|19000|27s|||||a b c
c6gn.large|2|4096|arm64|aws|2500|nitro|epos|3|10|3000|9500|27s|||||a b c
c6gn.medium|1|2048|arm64|aws|2500|nitro|epos|2|4|1600|9500|27s|||||a b c
c6gn.xlarge|4|8192|arm64|aws|2500|nitro|epos|4|15|6300|9500|27s|||||a b c
c6i.12xlarge|48|98304|amd64|intel|3500|nitro|eos|8|30|18750|15000|27s|||||a b c
c6i.16xlarge|64|131072|amd64|intel|3500|nitro|eos|15|50|25000|20000|27s|||||a b c
c6i.24xlarge|96|196608|amd64|intel|3500|nitro|eos|15|50|37500|30000|27s|||||a b c
c6i.2xlarge|8|16384|amd64|intel|3500|nitro|eos|4|15|3125|10000|27s|||||a b c
c6i.32xlarge|128|262144|amd64|intel|3500|nitro|eos|15|50|50000|40000|27s||||1|a b c
c6i.4xlarge|16|32768|amd64|intel|3500|nitro|eos|8|30|6250|10000|27s|||||a b c
c6i.8xlarge|32|65536|amd64|intel|3500|nitro|eos|8|30|12500|10000|27s|||||a b c
c6i.large|2|4096|amd64|intel|3500|nitro|eos|3|10|781|10000|27s|||||a b c
c6i.metal|128|262144|amd64|intel|3500||ebos|15|50|50000|40000|31s||||1|a b c
c6i.xlarge|4|8192|amd64|intel|3500|nitro|eos|4|15|1562|10000|27s|||||a b c
c6id.12xlarge|48|98304|amd64|intel|3500|nitro|eos|8|30|18750|15000|25s|2850||||a b c
c6id.16xlarge|64|131072|amd64|intel|3500|nitro|eos|15|50|25000|20000|25s|3800||||a b c
c6id.24xlarge|96|196608|amd64|intel|3500|nitro|eos|15|50|37500|30000|23s|5700||||a b c
c6id.2xlarge|8|16384|amd64|intel|3500|nitro|eos|4|15|3125|10000|26s|474||||a b c
c6id.32xlarge|128|262144|amd64|intel|3500|nitro|eos|15|50|50000|40000|23s|7600|||1|a b c
c6id.4xlarge|16|32768|amd64|intel|3500|nitro|eos|8|30|6250|10000|26s|950||||a b c
c6id.8xlarge|32|65536|amd64|intel|3500|nitro|eos|8|30|12500|10000|26s|1900||||a b c
c6id.large|2|4096|amd64|intel|3500|nitro|eos|3|10|781|10000|26s|118||||a b c
c6id.metal|128|262144|amd64|intel|3500||ebos|15|50|50000|40000|31s|7600|||1|a b c
c6id.xlarge|4|8192|amd64|intel|3500|nitro|eos|4|15|1562|10000|26s|237||||a b c
c6in.12xlarge|48|98304|amd64|intel|3500|nitro|eos|8|30|75000|37500|27s|||||a b c
c6in.16xlarge|64|131072|amd64|intel|3500|nitro|eos|15|50|100000|50000|27s|||||a b c
c6in.24xlarge|96|196608|amd64|intel|3500|nitro|eos|15|50|150000|75000|27s|||||a b c
c6in.2xlarge|8|16384|amd64|intel|3500|nitro|eos|4|15|12500|25000|27s|||||a b c
c6in.32xlarge|128|262144|amd64|intel|3500|nitro|eos|8|50|400000|100000|27s||||2|a b c
c6in.4xlarge|16|32768|amd64|intel|3500|nitro|eos|8|30|25000|25000|27s|||||a b c
c6in.8xlarge|32|65536|amd64|intel|3500|nitro|eos|8|30|50000|25000|27s|||||a b c
c6in.large|2|4096|amd64|intel|3500|nitro|eos|3|10|3125|25000|27s|||||a b c
c6in.metal|128|262144|amd64|intel|3500||ebos|8|50|400000|100000|31s||||2|a b c
c6in.xlarge|4|8192|amd64|intel|3500|nitro|eos|4|15|6250|25000|27s|||||a b c
c7a.12xlarge|48|98304|amd64|amd|3700|nitro|eos|8|30|18750|15000|32|||||
c7a.16xlarge|64|131072|amd64|amd|3700|nitro|eos|15|50|25000|20000|48|||||
c7a.24xlarge|96|196608|amd64|amd|3700|nitro|eos|15|50|37500|30000|64|||||
c7a.2xlarge|8|16384|amd64|amd|3700|nitro|eos|4|15|3125|10000|32|||||
c7a.32xlarge|128|262144|amd64|amd|3700|nitro|eos|15|50|50000|40000|88|||||
c7a.48xlarge|192|393216|amd64|amd|3700|nitro|eos|15|50|50000|40000|128||||1|
c7a.4xlarge|16|32768|amd64|amd|3700|nitro|eos|8|30|6250|10000|32|||||
c7a.8xlarge|32|65536|amd64|amd|3700|nitro|eos|8|30|12500|10000|32|||||
c7a.large|2|4096|amd64|amd|3700|nitro|eos|3|10|781|10000|32|||||
c7a.medium|1|2048|amd64|amd|3700|nitro|eos|2|4|390|10000|32|||||
c7a.metal-48xl|192|393216|amd64|amd|3700||ebos|15|50|50000|40000|79||||1|
c7a.xlarge|4|8192|amd64|amd|3700|nitro|eos|4|15|1562|10000|32|||||
c7g.12xlarge|48|98304|arm64|aws|2600|nitro|eos|8|30|22500|15000|27s|||||a b c
c7g.16xlarge|64|131072|arm64|aws|2600|nitro|eos|15|50|30000|20000|27s||||1|a b c
c7g.2xlarge|8|16384|arm64|aws|2600|nitro|eos|4|15|3750|10000|27s|||||a b c
c7g.4xlarge|16|32768|arm64|aws|2600|nitro|eos|8|30|7500|10000|27s|||||a b c
c7g.8xlarge|32|65536|arm64|aws|2600|nitro|eos|8|30|15000|10000|27s|||||a b c
c7g.large|2|4096|arm64|aws|2600|nitro|eos|3|10|937|10000|27s|||||a b c
c7g.medium|1|2048|arm64|aws|2600|nitro|eos|2|4|520|10000|27s|||||a b c
c7g.metal|64|131072|arm64|aws|2600||ebos|15|50|30000|20000|31s||||1|a b c
c7g.xlarge|4|8192|arm64|aws|2600|nitro|eos|4|15|1876|10000|27s|||||a b c
c7gd.12xlarge|48|98304|arm64|aws|2600|nitro|eos|8|30|22500|15000|25s|2850||||a b c
c7gd.16xlarge|64|131072|arm64|aws|2600|nitro|eos|15|50|30000|20000|25s|3800|||1|a b c
c7gd.2xlarge|8|16384|arm64|aws|2600|nitro|eos|4|15|3750|10000|26s|474||||a b c
c7gd.4xlarge|16|32768|arm64|aws|2600|nitro|eos|8|30|7500|10000|26s|950||||a b c
c7gd.8xlarge|32|65536|arm64|aws|2600|nitro|eos|8|30|15000|10000|26s|1900||||a b c
c7gd.large|2|4096|arm64|aws|2600|nitro|eos|3|10|937|10000|26s|118||||a b c
c7gd.medium|1|2048|arm64|aws|2600|nitro|eos|2|4|520|10000|26s|59||||a b c
c7gd.metal|64|131072|arm64|aws|2600||ebos|15|50|30000|20000|31s|3800|||1|a b c
c7gd.xlarge|4|8192|arm64|aws|2600|nitro|eos|4|15|1876|10000|26s|237||||a b c
c7gn.12xlarge|48|98304|arm64|aws|2600|nitro|eos|8|30|150000|30000|27s|||||
c7gn.16xlarge|64|131072|arm64|aws|2600|nitro|eos|15|50|200000|40000|27s||||1|
c7gn.2xlarge|8|16384|arm64|aws|2600|nitro|eos|4|15|25000|10000|27s|||||
c7gn.4xlarge|16|32768|arm64|aws|2600|nitro|eos|8|30|50000|10000|27s|||||
c7gn.8xlarge|32|65536|arm64|aws|2600|nitro|eos|8|30|100000|20000|27s|||||
c7gn.large|2|4096|arm64|aws|2600|nitro|eos|3|10|6250|10000|27s|||||
c7gn.medium|1|2048|arm64|aws|2600|nitro|eos|2|4|3125|10000|27s|||||
c7gn.metal|64|131072|arm64|aws|2600||ebos|15|50|200000|40000|31s||||1|
c7gn.xlarge|4|8192|arm64|aws|2600|nitro|eos|4|15|12500|10000|27s|||||
c7i-flex.12xlarge|48|98304|amd64|intel|3200|nitro|eos|8|30|9375|15000|32|||||a b c
c7i-flex.16xlarge|64|131072|amd64|intel|3200|nitro|eos|15|50|12500|20000|48|||||a b c
c7i-flex.2xlarge|8|16384|amd64|intel|3200|nitro|eos|4|15|1562|10000|32|||||a b c
c7i-flex.4xlarge|16|32768|amd64|intel|3200|nitro|eos|8|30|3125|10000|32|||||a b c
c7i-flex.8xlarge|32|65536|amd64|intel|3200|nitro|eos|8|30|6250|10000|32|||||a b c
c7i-flex.large|2|4096|amd64|intel|3200|nitro|eos|3|10|390|10000|32|||||a b c
c7i-flex.xlarge|4|8192|amd64|intel|3200|nitro|eos|4|15|781|10000|32|||||a b c
c7i.12xlarge|48|98304|amd64|intel|3200|nitro|eos|8|30|18750|15000|32|||||a b c
c7i.16xlarge|64|131072|amd64|intel|3200|nitro|eos|15|50|25000|20000|48|||||a b c
c7i.24xlarge|96|196608|amd64|intel|3200|nitro|eos|15|50|37500|30000|64|||||a b c
c7i.2xlarge|8|16384|amd64|intel|3200|nitro|eos|4|15|3125|10000|32|||||a b c
c7i.48xlarge|192|393216|amd64|intel|3200|nitro|eos|15|50|50000|40000|128||||1|a b c
c7i.4xlarge|16|32768|amd64|intel|3200|nitro|eos|8|30|6250|10000|32|||||a b c
c7i.8xlarge|32|65536|amd64|intel|3200|nitro|eos|8|30|12500|10000|32|||||a b c
c7i.large|2|4096|amd64|intel|3200|nitro|eos|3|10|781|10000|32|||||a b c
c7i.metal-24xl|96|196608|amd64|intel|3200||ebos|15|50|37500|30000|39|||||a b c
c7i.metal-48xl|192|393216|amd64|intel|3200||ebos|15|50|50000|40000|79||||1|a b c
c7i.xlarge|4|8192|amd64|intel|3200|nitro|eos|4|15|1562|10000|32|||||a b c
c8a.12xlarge|48|98304|amd64|amd|4500|nitro|eos|12|64|22500|15000|32|||||
c8a.16xlarge|64|131072|amd64|amd|4500|nitro|eos|16|64|30000|20000|48|||||
c8a.24xlarge|96|196608|amd64|amd|4500|nitro|eos|16|64|40000|30000|64|||||
c8a.2xlarge|8|16384|amd64|amd|4500|nitro|eos|4|40|3750|10000|32|||||
c8a.48xlarge|192|393216|amd64|amd|4500|nitro|eos|24|64|75000|60000|128||||1|
c8a.4xlarge|16|32768|amd64|amd|4500|nitro|eos|8|40|7500|10000|32|||||
c8a.8xlarge|32|65536|amd64|amd|4500|nitro|eos|10|40|15000|10000|32|||||
c8a.large|2|4096|amd64|amd|4500|nitro|eos|3|20|937|10000|32|||||
c8a.medium|1|2048|amd64|amd|4500|nitro|eos|2|4|520|10000|32|||||
c8a.metal-24xl|96|196608|amd64|amd|4500||ebos|16|64|40000|30000|64|||||
c8a.metal-48xl|192|393216|amd64|amd|4500||ebos|24|64|75000|60000|79s||||1|
c8a.xlarge|4|8192|amd64|amd|4500|nitro|eos|4|20|1875|10000|32|||||
c8g.12xlarge|48|98304|arm64|aws|2800|nitro|eos|8|30|22500|15000|32|||||a b c
c8g.16xlarge|64|131072|arm64|aws|2800|nitro|eos|15|50|30000|20000|48|||||a b c
c8g.24xlarge|96|196608|arm64|aws|2800|nitro|eos|15|50|40000|30000|64||||1|a b c
c8g.2xlarge|8|16384|arm64|aws|2800|nitro|eos|4|15|3750|10000|32|||||a b c
c8g.48xlarge|192|393216|arm64|aws|2700|nitro|eos|15|50|50000|40000|128||||1|a b c
c8g.4xlarge|16|32768|arm64|aws|2800|nitro|eos|8|30|7500|10000|32|||||a b c
c8g.8xlarge|32|65536|arm64|aws|2800|nitro|eos|8|30|15000|10000|32|||||a b c
c8g.large|2|4096|arm64|aws|2800|nitro|eos|3|10|937|10000|32|||||a b c
c8g.medium|1|2048|arm64|aws|2800|nitro|eos|2|4|520|10000|32|||||a b c
c8g.metal-24xl|96|196608|arm64|aws|2800||ebos|15|50|40000|30000|39||||1|a b c
c8g.metal-48xl|192|393216|arm64|aws|2700||ebos|15|50|50000|40000|79||||1|a b c
c8g.xlarge|4|8192|arm64|aws|2800|nitro|eos|4|15|1875|10000|32|||||a b c
c8gb.12xlarge|48|98304|arm64|aws|2800|nitro|eos|12|30|100000|75000|32|||||
c8gb.16xlarge|64|131072|arm64|aws|2800|nitro|eos|16|50|133333|100000|48||||1|
c8gb.24xlarge|96|196608|arm64|aws|2800|nitro|eos|24|50|200000|150000|64||||1|
c8gb.2xlarge|8|16384|arm64|aws|2800|nitro|eos|4|15|16666|25000|32|||||
c8gb.48xlarge|192|393216|arm64|aws|2700|nitro|eos|12|50|400000|300000|128||||2|
c8gb.4xlarge|16|32768|arm64|aws|2800|nitro|eos|8|30|33333|25000|32|||||
c8gb.8xlarge|32|65536|arm64|aws|2800|nitro|eos|10|30|66666|50000|32|||||
c8gb.large|2|4096|arm64|aws|2800|nitro|eos|3|10|4166|25000|32|||||
c8gb.medium|1|2048|arm64|aws|2800|nitro|eos|2|4|2083|25000|32|||||
c8gb.metal-24xl|96|196608|arm64|aws|2800||ebos|24|50|200000|150000|39s||||1|
c8gb.metal-48xl|192|393216|arm64|aws|2700||ebos|12|50|400000|300000|78||||2|
c8gb.xlarge|4|8192|arm64|aws|2800|nitro|eos|4|15|8333|25000|32|||||
c8gd.12xlarge|48|98304|arm64|aws|2800|nitro|eos|8|30|22500|15000|32|2850||||
c8gd.16xlarge|64|131072|arm64|aws|2800|nitro|eos|15|50|30000|20000|48|3800||||
c8gd.24xlarge|96|196608|arm64|aws|2800|nitro|eos|15|50|40000|30000|64|5700|||1|
c8gd.2xlarge|8|16384|arm64|aws|2800|nitro|eos|4|15|3750|10000|32|474||||
c8gd.48xlarge|192|393216|arm64|aws|2700|nitro|eos|15|50|50000|40000|128|11400|||1|
c8gd.4xlarge|16|32768|arm64|aws|2800|nitro|eos|8|30|7500|10000|32|950||||
c8gd.8xlarge|32|65536|arm64|aws|2800|nitro|eos|8|30|15000|10000|32|1900||||
c8gd.large|2|4096|arm64|aws|2800|nitro|eos|3|10|937|10000|32|118||||
c8gd.medium|1|2048|arm64|aws|2800|nitro|eos|2|4|520|10000|32|59||||
c8gd.metal-24xl|96|196608|arm64|aws|2800||ebos|15|50|40000|30000|39|5700|||1|
c8gd.metal-48xl|192|393216|arm64|aws|2700||ebos|15|50|50000|40000|79|11400|||1|
c8gd.xlarge|4|8192|arm64|aws|2800|nitro|eos|4|15|1875|10000|32|237||||
c8gn.12xlarge|48|98304|arm64|aws|2800|nitro|eos|12|30|150000|30000|32|||||a b c
c8gn.16xlarge|64|131072|arm64|aws|2800|nitro|eos|16|50|200000|40000|48||||1|a b c
c8gn.24xlarge|96|196608|arm64|aws|2800|nitro|eos|24|50|300000|60000|64||||1|a b c
c8gn.2xlarge|8|16384|arm64|aws|2800|nitro|eos|4|15|25000|10000|32|||||a b c
c8gn.48xlarge|192|393216|arm64|aws|2700|nitro|eos|12|50|600000|120000|128||||2|a b c
c8gn.4xlarge|16|32768|arm64|aws|2800|nitro|eos|8|30|50000|10000|32|||||a b c
c8gn.8xlarge|32|65536|arm64|aws|2800|nitro|eos|10|30|100000|20000|32|||||a b c
c8gn.large|2|4096|arm64|aws|2800|nitro|eos|3|10|6250|10000|32|||||a b c
c8gn.medium|1|2048|arm64|aws|2800|nitro|eos|2|4|3125|10000|32|||||a b c
c8gn.metal-24xl|96|196608|arm64|aws|2800||ebos|24|50|300000|60000|39s||||1|
c8gn.metal-48xl|192|393216|arm64|aws|2700||ebos|12|50|600000|120000|78||||2|
c8gn.xlarge|4|8192|arm64|aws|2800|nitro|eos|4|15|12500|10000|32|||||a b c
c8i-flex.12xlarge|48|98304|amd64|intel|3900|nitro|eos|12|50|11250|15000|32|||||a b c
c8i-flex.16xlarge|64|131072|amd64|intel|3900|nitro|eos|16|64|15000|20000|48|||||a b c
c8i-flex.2xlarge|8|16384|amd64|intel|3900|nitro|eos|4|30|1875|10000|32|||||a b c
c8i-flex.4xlarge|16|32768|amd64|intel|3900|nitro|eos|8|50|3750|10000|32|||||a b c
c8i-flex.8xlarge|32|65536|amd64|intel|3900|nitro|eos|10|50|7500|10000|32|||||a b c
c8i-flex.large|2|4096|amd64|intel|3900|nitro|eos|3|20|468|10000|32|||||a b c
c8i-flex.xlarge|4|8192|amd64|intel|3900|nitro|eos|4|30|937|10000|32|||||a b c
c8i.12xlarge|48|98304|amd64|intel|3900|nitro|eos|12|50|22500|15000|32|||||a b c
c8i.16xlarge|64|131072|amd64|intel|3900|nitro|eos|16|64|30000|20000|48|||||a b c
c8i.24xlarge|96|196608|amd64|intel|3900|nitro|eos|16|64|40000|30000|64|||||a b c
c8i.2xlarge|8|16384|amd64|intel|3900|nitro|eos|4|30|3750|10000|32|||||a b c
c8i.32xlarge|128|262144|amd64|intel|3900|nitro|eos|24|64|50000|40000|88|||||a b c
c8i.48xlarge|192|393216|amd64|intel|3900|nitro|eos|24|64|75000|60000|128||||1|a b c
c8i.4xlarge|16|32768|amd64|intel|3900|nitro|eos|8|50|7500|10000|32|||||a b c
c8i.8xlarge|32|65536|amd64|intel|3900|nitro|eos|10|50|15000|10000|32|||||a b c
c8i.96xlarge|384|786432|amd64|intel|3900|nitro|eos|24|64|100000|80000|128||||1|a b c
c8i.large|2|4096|amd64|intel|3900|nitro|eos|3|20|937|10000|32|||||a b c
c8i.metal-48xl|192|393216|amd64|intel|3900||ebos|24|64|75000|60000|64||||1|a b c
c8i.metal-96xl|384|786432|amd64|intel|3900||ebos|24|64|100000|80000|79||||1|a b c
c8i.xlarge|4|8192|amd64|intel|3900|nitro|eos|4|30|1875|10000|32|||||a b c
c8ib.12xlarge|48|98304|amd64|intel|3900|nitro|eos|12|50|50000|37500|32|||||
c8ib.16xlarge|64|131072|amd64|intel|3900|nitro|eos|16|64|66666|50000|48|||||
c8ib.24xlarge|96|196608|amd64|intel|3900|nitro|eos|16|64|100000|75000|64|||||
c8ib.2xlarge|8|16384|amd64|intel|3900|nitro|eos|4|30|8333|25000|32|||||
c8ib.32xlarge|128|262144|amd64|intel|3900|nitro|eos|16|64|133333|100000|88|||||
c8ib.48xlarge|192|393216|amd64|intel|3900|nitro|eos|24|64|200000|150000|128||||1|
c8ib.4xlarge|16|32768|amd64|intel|3900|nitro|eos|8|50|16666|25000|32|||||
c8ib.8xlarge|32|65536|amd64|intel|3900|nitro|eos|8|50|33333|25000|32|||||
c8ib.96xlarge|384|786432|amd64|intel|3900|nitro|eos|12|64|400000|300000|128||||2|
c8ib.large|2|4096|amd64|intel|3900|nitro|eos|4|20|2083|25000|32|||||
c8ib.metal-48xl|192|393216|amd64|intel|3900||ebos|24|64|200000|150000|64s||||1|
c8ib.metal-96xl|384|786432|amd64|intel|3900||ebos|12|64|400000|300000|78s||||2|
c8ib.xlarge|4|8192|amd64|intel|3900|nitro|eos|4|30|4166|25000|32|||||
c8id.12xlarge|48|98304|amd64|intel|3900|nitro|eos|12|50|22500|15000|32|2850||||
c8id.16xlarge|64|131072|amd64|intel|3900|nitro|eos|16|64|30000|20000|48|3800||||
c8id.24xlarge|96|196608|amd64|intel|3900|nitro|eos|16|64|40000|30000|64|5700||||
c8id.2xlarge|8|16384|amd64|intel|3900|nitro|eos|4|30|3750|10000|32|474||||
c8id.32xlarge|128|262144|amd64|intel|3900|nitro|eos|24|64|50000|40000|88|7600||||
c8id.48xlarge|192|393216|amd64|intel|3900|nitro|eos|24|64|75000|60000|128|11400|||1|
c8id.4xlarge|16|32768|amd64|intel|3900|nitro|eos|8|50|7500|10000|32|950||||
c8id.8xlarge|32|65536|amd64|intel|3900|nitro|eos|10|50|15000|10000|32|1900||||
c8id.96xlarge|384|786432|amd64|intel|3900|nitro|eos|24|64|100000|80000|128|22800|||1|
c8id.large|2|4096|amd64|intel|3900|nitro|eos|3|20|937|10000|32|118||||
c8id.metal-48xl|192|393216|amd64|intel|3900||ebos|24|64|75000|60000|64s|11400|||1|
c8id.metal-96xl|384|786432|amd64|intel|3900||ebos|24|64|100000|80000|79s|22800|||1|
c8id.xlarge|4|8192|amd64|intel|3900|nitro|eos|4|30|1875|10000|32|237||||
c8in.12xlarge|48|98304|amd64|intel|3900|nitro|eos|12|50|75000|15000|32|||||
c8in.16xlarge|64|131072|amd64|intel|3900|nitro|eos|16|64|100000|20000|48|||||
c8in.24xlarge|96|196608|amd64|intel|3900|nitro|eos|16|64|150000|30000|64|||||
c8in.2xlarge|8|16384|amd64|intel|3900|nitro|eos|4|30|12500|10000|32|||||
c8in.32xlarge|128|262144|amd64|intel|3900|nitro|eos|16|64|200000|40000|88|||||
c8in.48xlarge|192|393216|amd64|intel|3900|nitro|eos|24|64|300000|60000|128||||1|
c8in.4xlarge|16|32768|amd64|intel|3900|nitro|eos|8|50|25000|10000|32|||||
c8in.8xlarge|32|65536|amd64|intel|3900|nitro|eos|8|50|50000|10000|32|||||
c8in.96xlarge|384|786432|amd64|intel|3900|nitro|eos|12|64|600000|120000|128||||2|
c8in.large|2|4096|amd64|intel|3900|nitro|eos|4|20|3125|10000|32|||||
c8in.metal-48xl|192|393216|amd64|intel|3900||ebos|24|64|300000|60000|64s||||1|
c8in.metal-96xl|384|786432|amd64|intel|3900||ebos|12|64|600000|120000|78s||||2|
c8in.xlarge|4|8192|amd64|intel|3900|nitro|eos|4|30|6250|10000|32|||||
c8ine.12xlarge|48|98304|amd64|intel|3900|nitro|eo|12|50|75000|15000|32|||||
c8ine.2xlarge|8|16384|amd64|intel|3900|nitro|eo|4|30|12500|10000|32|||||
c8ine.4xlarge|16|32768|amd64|intel|3900|nitro|eo|8|50|25000|10000|32|||||
c8ine.8xlarge|32|65536|amd64|intel|3900|nitro|eo|8|50|50000|10000|32|||||
c8ine.large|2|4096|amd64|intel|3900|nitro|eo|4|20|3125|10000|32|||||
c8ine.xlarge|4|8192|amd64|intel|3900|nitro|eo|4|30|6250|10000|32|||||
d2.2xlarge|8|62464|amd64|intel|2400|xen|pos|4|15|2500|1000|40s|||||a b c
d2.4xlarge|16|124928|amd64|intel|2400|xen|pos|8|30|5000|2000|40s|||||a b c
d2.8xlarge|36|249856|amd64|intel|2400|xen|pos|8|30|10000|4000|40s|||||a b c
d2.xlarge|4|31232|amd64|intel|2400|xen|pos|4|15|1250|750|40s|||||a b c
d3.2xlarge|8|65536|amd64|intel|3100|nitro|eos|4|5|6000|2800|21s|11880||||a b c
d3.4xlarge|16|131072|amd64|intel|3100|nitro|eos|4|10|12500|2800|15s|23760||||a b c
d3.8xlarge|32|262144|amd64|intel|3100|nitro|eos|3|20|25000|5000|3s|47520||||a b c
d3.xlarge|4|32768|amd64|intel|3100|nitro|eos|4|3|3000|2800|24s|5940||||a b c
d3en.12xlarge|48|196608|amd64|intel|3100|nitro|eos|3|30|75000|7000|3s|335520||||a b
d3en.2xlarge|8|32768|amd64|intel|3100|nitro|eos|4|5|12500|2800|23s|55920||||a b
d3en.4xlarge|16|65536|amd64|intel|3100|nitro|eos|4|10|25000|2800|19s|111840||||a b
d3en.6xlarge|24|98304|amd64|intel|3100|nitro|eos|4|15|40000|4000|15s|167760||||a b
d3en.8xlarge|32|131072|amd64|intel|3100|nitro|eos|4|20|50000|5000|11s|223680||||a b
d3en.xlarge|4|16384|amd64|intel|3100|nitro|eos|4|3|6000|2800|25s|27960||||a b
dl1.24xlarge|96|786432|amd64|intel|3000|nitro|eos|15|50|400000|19000|28s|4000|8*Habana/Gaudi HL-205/32768||4|
dl2q.24xlarge|96|786432|amd64|intel|2500|nitro|eos|15|50|100000|19000|19s||||1|
f2.12xlarge|48|524288|amd64|amd|3400|nitro|eos|8|30|25000|15000|32|1880||||
f2.48xlarge|192|2097152|amd64|amd|3400|nitro|eos|15|50|100000|60000|128|7520|||1|
f2.6xlarge|24|262144|amd64|amd|3400|nitro|eos|8|30|12500|7500|32|940||||
g4ad.16xlarge|64|262144|amd64|amd|3000|nitro|eos|8|30|25000|6300|21s|2400|4*AMD/Radeon Pro V520/8192|||
g4ad.2xlarge|8|32768|amd64|amd|3000|nitro|eos|2|4|4167|3170|25s|300|1*AMD/Radeon Pro V520/8192|||
g4ad.4xlarge|16|65536|amd64|amd|3000|nitro|eos|3|10|8333|3170|25s|600|1*AMD/Radeon Pro V520/8192|||
g4ad.8xlarge|32|131072|amd64|amd|3000|nitro|eos|4|15|15000|3170|24s|1200|2*AMD/Radeon Pro V520/8192|||
g4ad.xlarge|4|16384|amd64|amd|3000|nitro|eos|2|4|2000|3170|25s|150|1*AMD/Radeon Pro V520/8192|||
g4dn.12xlarge|48|196608|amd64|intel|2500|nitro|eos|8|30|50000|9500|22s|900|4*NVIDIA/T4/16384||1|a b c
g4dn.16xlarge|64|262144|amd64|intel|2500|nitro|eos|4|15|50000|9500|25s|900|1*NVIDIA/T4/16384||1|a b c
g4dn.2xlarge|8|32768|amd64|intel|2500|nitro|eos|3|10|10000|3500|25s|225|1*NVIDIA/T4/16384|||a b c
g4dn.4xlarge|16|65536|amd64|intel|2500|nitro|eos|3|10|20000|4750|25s|225|1*NVIDIA/T4/16384|||a b c
g4dn.8xlarge|32|131072|amd64|intel|2500|nitro|eos|4|15|50000|9500|25s|900|1*NVIDIA/T4/16384||1|a b c
g4dn.metal|96|393216|amd64|intel|2500||ebos|15|50|100000|19000|31s|1800|8*NVIDIA/T4/16384||1|a b c
g4dn.xlarge|4|16384|amd64|intel|2500|nitro|eos|3|10|5000|3500|25s|125|1*NVIDIA/T4/16384|||a b c
g5.12xlarge|48|196608|amd64|amd|3300|nitro|eos|15|50|40000|16000|22s|3800|4*NVIDIA/A10G/22888||1|
g5.16xlarge|64|262144|amd64|amd|3300|nitro|eos|8|30|25000|16000|25s|1900|1*NVIDIA/A10G/22888||1|
g5.24xlarge|96|393216|amd64|amd|3300|nitro|eos|15|50|50000|19000|22s|3800|4*NVIDIA/A10G/22888||1|
g5.2xlarge|8|32768|amd64|amd|3300|nitro|eos|4|15|5000|3500|25s|450|1*NVIDIA/A10G/22888|||
g5.48xlarge|192|786432|amd64|amd|3300|nitro|eos|7|50|100000|19000|9s|7600|8*NVIDIA/A10G/22888||1|
g5.4xlarge|16|65536|amd64|amd|3300|nitro|eos|8|30|10000|4750|25s|600|1*NVIDIA/A10G/22888|||
g5.8xlarge|32|131072|amd64|amd|3300|nitro|eos|8|30|25000|16000|25s|900|1*NVIDIA/A10G/22888||1|
g5.xlarge|4|16384|amd64|amd|3300|nitro|eos|4|15|2500|3500|25s|250|1*NVIDIA/A10G/22888|||
g5g.16xlarge|64|131072|arm64|aws|2500|nitro|os|15|50|25000|19000|25s||2*NVIDIA/T4g/16384|||a b
g5g.2xlarge|8|16384|arm64|aws|2500|nitro|os|4|15|2500|4750|26s||1*NVIDIA/T4g/16384|||a b
g5g.4xlarge|16|32768|arm64|aws|2500|nitro|os|8|30|5000|4750|26s||1*NVIDIA/T4g/16384|||a b
g5g.8xlarge|32|65536|arm64|aws|2500|nitro|os|8|30|12000|9500|26s||1*NVIDIA/T4g/16384|||a b
g5g.metal|64|131072|arm64|aws|2500||bos|15|50|25000|19000|31s||2*NVIDIA/T4g/16384|||a b
g5g.xlarge|4|8192|arm64|aws|2500|nitro|os|4|15|1250|4750|26s||1*NVIDIA/T4g/16384|||a b
g6.12xlarge|48|196608|amd64|amd|3400|nitro|eos|8|30|40000|20000|32|3760|4*NVIDIA/L4/22888||1|
g6.16xlarge|64|262144|amd64|amd|3400|nitro|eos|15|50|25000|20000|48|1880|1*NVIDIA/L4/22888||1|
g6.24xlarge|96|393216|amd64|amd|3400|nitro|eos|15|50|50000|30000|64|3760|4*NVIDIA/L4/22888||1|
g6.2xlarge|8|32768|amd64|amd|3400|nitro|eos|4|15|5000|5000|32|450|1*NVIDIA/L4/22888|||
g6.48xlarge|192|786432|amd64|amd|3400|nitro|eos|15|50|100000|60000|128|7520|8*NVIDIA/L4/22888||1|
g6.4xlarge|16|65536|amd64|amd|3400|nitro|eos|8|30|10000|8000|32|600|1*NVIDIA/L4/22888|||
g6.8xlarge|32|131072|amd64|amd|3400|nitro|eos|8|30|25000|16000|32|900|1*NVIDIA/L4/22888||1|
g6.xlarge|4|16384|amd64|amd|3400|nitro|eos|4|15|2500|5000|32|250|1*NVIDIA/L4/22888|||
g6e.12xlarge|48|393216|amd64|amd|3400|nitro|eos|10|30|100000|20000|32|3800|4*NVIDIA/L40S/45776||1|
g6e.16xlarge|64|524288|amd64|amd|3400|nitro|eos|15|50|35000|20000|48|1900|1*NVIDIA/L40S/45776||1|
g6e.24xlarge|96|786432|amd64|amd|3400|nitro|eos|10|50|400000|30000|64|3800|4*NVIDIA/L40S/45776||2|
g6e.2xlarge|8|65536|amd64|amd|3400|nitro|eos|4|15|5000|5000|32|450|1*NVIDIA/L40S/45776|||
g6e.48xlarge|192|1572864|amd64|amd|3400|nitro|eos|10|50|1600000|60000|128|7600|8*NVIDIA/L40S/45776||4|
g6e.4xlarge|16|131072|amd64|amd|3400|nitro|eos|8|30|20000|8000|32|600|1*NVIDIA/L40S/45776|||
g6e.8xlarge|32|262144|amd64|amd|3400|nitro|eos|8|30|25000|16000|32|900|1*NVIDIA/L40S/45776||1|
g6e.xlarge|4|32768|amd64|amd|3400|nitro|eos|4|15|2500|5000|32|250|1*NVIDIA/L40S/45776|||
g6f.2xlarge|8|32768|amd64|amd|3400|nitro|eos|4|15|5000|5000|32|200|0*NVIDIA/L4/5722|||
g6f.4xlarge|16|65536|amd64|amd|3400|nitro|eos|8|30|10000|6000|32|450|0*NVIDIA/L4/11444|||
g6f.large|2|8192|amd64|amd|3400|nitro|eos|2|10|1500|5000|32|100|0*NVIDIA/L4/2861|||
g6f.xlarge|4|16384|amd64|amd|3400|nitro|eos|4|15|2500|5000|32|100|0*NVIDIA/L4/2861|||
g7e.12xlarge|48|524288|amd64|intel|2400|nitro|eos|10|64|400000|25000|32|3800|2*NVIDIA/RTX PRO Server 6000/98304||1|
g7e.24xlarge|96|1048576|amd64|intel|2400|nitro|eos|10|64|800000|50000|64|7600|4*NVIDIA/RTX PRO Server 6000/98304||2|
g7e.2xlarge|8|65536|amd64|intel|2400|nitro|eos|4|64|50000|5000|32|1900|1*NVIDIA/RTX PRO Server 6000/98304|||
g7e.48xlarge|192|2097152|amd64|intel|2400|nitro|eos|10|64|1600000|100000|128|15200|8*NVIDIA/RTX PRO Server 6000/98304||4|
g7e.4xlarge|16|131072|amd64|intel|2400|nitro|eos|8|64|50000|8000|32|1900|1*NVIDIA/RTX PRO Server 6000/98304|||
g7e.8xlarge|32|262144|amd64|intel|2400|nitro|eos|8|64|100000|16000|32|1900|1*NVIDIA/RTX PRO Server 6000/98304||1|
gr6.4xlarge|16|131072|amd64|amd|3400|nitro|eos|8|30|10000|8000|32|600|1*NVIDIA/L4/22888|||
gr6.8xlarge|32|262144|amd64|amd|3400|nitro|eos|8|30|25000|16000|32|900|1*NVIDIA/L4/22888||1|
gr6f.4xlarge|16|131072|amd64|amd|3400|nitro|eos|8|30|10000|8000|32|450|0*NVIDIA/L4/11444|||
h1.16xlarge|64|262144|amd64|intel|2300|xen|os|8|50|25000|14000|40s|||||
h1.2xlarge|8|32768|amd64|intel|2300|xen|os|4|15|2500|1750|40s|||||
h1.4xlarge|16|65536|amd64|intel|2300|xen|os|8|30|5000|3500|40s|||||
h1.8xlarge|32|131072|amd64|intel|2300|xen|os|8|30|12000|7000|40s|||||
hpc6a.48xlarge|96|393216|amd64|amd|3600|nitro|eo|2|50|100000|2085|27s||||1|a
hpc6id.32xlarge|64|1048576|amd64|intel|3500|nitro|eo|1|50|400000|2085|23s|15200|||2|
hpc7a.12xlarge|24|786432|amd64|amd|3700|nitro|eo|2|50|300000|2085|27||||2|
hpc7a.24xlarge|48|786432|amd64|amd|3700|nitro|eo|2|50|300000|2085|27||||2|
hpc7a.48xlarge|96|786432|amd64|amd|3700|nitro|eo|2|50|300000|2085|27||||2|
hpc7a.96xlarge|192|786432|amd64|amd|3700|nitro|eo|2|50|300000|2085|27||||2|
hpc7g.16xlarge|64|131072|arm64|aws|2600|nitro|eo|4|50|200000|2085|27s||||1|
hpc7g.4xlarge|16|131072|arm64|aws|2600|nitro|eo|4|50|200000|2085|27s||||1|
hpc7g.8xlarge|32|131072|arm64|aws|2600|nitro|eo|4|50|200000|2085|27s||||1|
hpc8a.96xlarge|192|786432|amd64|amd|4500|nitro|eo|2|50|600000|2085|27||||2|
i2.2xlarge|8|62464|amd64|intel|2500|xen|pos|4|15|1000||40s|||||a b
i2.4xlarge|16|124928|amd64|intel|2500|xen|pos|8|30|2000||40s|||||a b
i2.8xlarge|32|249856|amd64|intel|2500|xen|pos|8|30|10000||40s|||||a b
i2.xlarge|4|31232|amd64|intel|2500|xen|pos|4|15|700||40s|||||a b
i3.16xlarge|64|499712|amd64|intel|2300|xen|os|15|50|25000|14000|40s|15200||||a b c
i3.2xlarge|8|62464|amd64|intel|2300|xen|os|4|15|2500|1700|40s|1900||||a b c
i3.4xlarge|16|124928|amd64|intel|2300|xen|os|8|30|5000|3500|40s|3800||||a b c
i3.8xlarge|32|249856|amd64|intel|2300|xen|os|8|30|12000|7000|40s|7600||||a b c
i3.large|2|15616|amd64|intel|2300|xen|os|3|10|750|425|40s|475||||a b c
i3.xlarge|4|31232|amd64|intel|2300|xen|os|4|15|1250|850|40s|950||||a b c
i3en.12xlarge|48|393216|amd64|intel|3100|nitro|eos|8|30|50000|9500|23s|30000|||1|a b c
i3en.24xlarge|96|786432|amd64|intel|3100|nitro|eos|15|50|100000|19000|19s|60000|||1|a b c
i3en.2xlarge|8|65536|amd64|intel|3100|nitro|eos|4|15|8400|4750|25s|5000||||a b c
i3en.3xlarge|12|98304|amd64|intel|3100|nitro|eos|4|15|12500|4750|26s|7500||||a b c
i3en.6xlarge|24|196608|amd64|intel|3100|nitro|eos|8|30|25000|4750|25s|15000||||a b c
i3en.large|2|16384|amd64|intel|3100|nitro|eos|3|10|2100|4750|26s|1250||||a b c
i3en.metal|96|786432|amd64|intel|3100||ebos|15|50|100000|19000|31s|60000|||1|a b c
i3en.xlarge|4|32768|amd64|intel|3100|nitro|eos|4|15|4200|4750|26s|2500||||a b c
i4g.16xlarge|64|524288|arm64|aws|2500|nitro|eos|15|50|37500|20000|23s|15000|||1|a b c
i4g.2xlarge|8|65536|arm64|aws|2500|nitro|eos|4|15|4687|10000|26s|1875||||a b c
i4g.4xlarge|16|131072|arm64|aws|2500|nitro|eos|8|30|9375|10000|26s|3750||||a b c
i4g.8xlarge|32|262144|arm64|aws|2500|nitro|eos|8|30|18750|10000|25s|7500||||a b
i4g.large|2|16384|arm64|aws|2500|nitro|eos|3|10|781|10000|26s|468||||a b c
i4g.xlarge|4|32768|arm64|aws|2500|nitro|eos|4|15|1875|10000|26s|937||||a b c
i4i.12xlarge|48|393216|amd64|intel|3500|nitro|eos|8|30|28125|15000|24s|11250||||a b c
i4i.16xlarge|64|524288|amd64|intel|3500|nitro|eos|15|50|37500|20000|23s|15000||||a b c
i4i.24xlarge|96|786432|amd64|intel|3500|nitro|eos|15|30|56250|30000|21s|22500||||a b c
i4i.2xlarge|8|65536|amd64|intel|3500|nitro|eos|4|15|4687|10000|26s|1875||||a b c
i4i.32xlarge|128|1048576|amd64|intel|3500|nitro|eos|15|50|75000|40000|19s|30000|||1|a b c
i4i.4xlarge|16|131072|amd64|intel|3500|nitro|eos|8|30|9375|10000|26s|3750||||a b c
i4i.8xlarge|32|262144|amd64|intel|3500|nitro|eos|8|30|18750|10000|25s|7500||||a b c
i4i.large|2|16384|amd64|intel|3500|nitro|eos|3|10|781|10000|26s|468||||a b c
i4i.metal|128|1048576|amd64|intel|3500||ebos|15|50|75000|40000|31s|30000|||1|a b c
i4i.xlarge|4|32768|amd64|intel|3500|nitro|eos|4|15|1875|10000|26s|937||||a b c
i7i.12xlarge|48|393216|amd64|intel|2400|nitro|eos|8|30|28125|15000|32|11250||||a b c
i7i.16xlarge|64|524288|amd64|intel|2400|nitro|eos|15|50|37500|20000|48|15000||||a b c
i7i.24xlarge|96|786432|amd64|intel|2400|nitro|eos|15|50|56250|30000|64|22500|||1|a b c
i7i.2xlarge|8|65536|amd64|intel|2400|nitro|eos|4|15|4687|10000|32|1875||||a b c
i7i.48xlarge|192|1572864|amd64|intel|2400|nitro|eos|15|50|100000|60000|128|45000|||1|a b c
i7i.4xlarge|16|131072|amd64|intel|2400|nitro|eos|8|30|9375|10000|32|3750||||a b c
i7i.8xlarge|32|262144|amd64|intel|2400|nitro|eos|8|30|25000|10000|32|7500||||a b c
i7i.large|2|16384|amd64|intel|2400|nitro|eos|3|10|1171|10000|32|468||||a b c
i7i.metal-24xl|96|786432|amd64|intel|2400||ebos|15|50|56250|30000|39s|22500||||a b c
i7i.metal-48xl|192|1572864|amd64|intel|2400||ebos|15|50|100000|60000|79s|45000|||1|a b c
i7i.xlarge|4|32768|amd64|intel|2400|nitro|eos|4|15|2343|10000|32|937||||a b c
i7ie.12xlarge|48|393216|amd64|intel|3600|nitro|eos|8|50|25000|15000|32|30000||||a b c
i7ie.18xlarge|72|589824|amd64|intel|3600|nitro|eos|15|50|37500|22500|48|45000||||a b c
i7ie.24xlarge|96|786432|amd64|intel|3600|nitro|eos|15|50|50000|30000|64|60000||||a b c
i7ie.2xlarge|8|65536|amd64|intel|3600|nitro|eos|4|15|8333|10000|32|5000||||a b c
i7ie.3xlarge|12|98304|amd64|intel|3600|nitro|eos|4|15|12500|10000|32|7500||||a b c
i7ie.48xlarge|192|1572864|amd64|intel|3600|nitro|eos|15|50|100000|60000|128|120000|||1|a b c
i7ie.6xlarge|24|196608|amd64|intel|3600|nitro|eos|8|30|12500|10000|32|15000||||a b c
i7ie.large|2|16384|amd64|intel|3600|nitro|eos|3|10|2083|10000|32|1250||||a b c
i7ie.metal-24xl|96|786432|amd64|intel|3600||ebos|15|50|50000|30000|39s|60000||||a b c
i7ie.metal-48xl|192|1572864|amd64|intel|3600||ebos|15|50|100000|60000|79s|120000|||1|a b c
i7ie.xlarge|4|32768|amd64|intel|3600|nitro|eos|4|15|4166|10000|32|2500||||a b c
i8g.12xlarge|48|393216|arm64|aws|2800|nitro|eos|8|30|28125|15000|32|11250||||a b c
i8g.16xlarge|64|524288|arm64|aws|2800|nitro|eos|15|50|37500|20000|48|15000||||a b c
i8g.24xlarge|96|786432|arm64|aws|2800|nitro|eos|15|50|56250|30000|64|22500||||a b c
i8g.2xlarge|8|65536|arm64|aws|2800|nitro|eos|4|15|4688|10000|32|1875||||a b c
i8g.48xlarge|192|1572864|arm64|aws|2800|nitro|eos|15|50|100000|60000|128|45000|||1|a b c
i8g.4xlarge|16|131072|arm64|aws|2800|nitro|eos|8|30|9375|10000|32|3750||||a b c
i8g.8xlarge|32|262144|arm64|aws|2800|nitro|eos|8|30|25000|10000|32|7500||||a b c
i8g.large|2|16384|arm64|aws|2800|nitro|eos|3|10|1172|10000|32|468||||a b c
i8g.metal-24xl|96|786432|arm64|aws|2800||ebos|15|50|56250|30000|39|22500||||a b c
i8g.metal-48xl|192|1572864|arm64|aws|2800||ebos|15|50|100000|60000|79s|45000|||1|a b c
i8g.xlarge|4|32768|arm64|aws|2800|nitro|eos|4|15|2344|10000|32|937||||a b c
i8ge.12xlarge|48|393216|arm64|aws|2800|nitro|eos|12|30|75000|15000|32|30000||||a b c
i8ge.18xlarge|72|589824|arm64|aws|2800|nitro|eos|16|50|112500|22500|48|45000||||a b c
i8ge.24xlarge|96|786432|arm64|aws|2800|nitro|eos|16|50|150000|30000|64|60000||||a b c
i8ge.2xlarge|8|65536|arm64|aws|2800|nitro|eos|4|15|8400|10000|32|5000||||a b c
i8ge.3xlarge|12|98304|arm64|aws|2800|nitro|eos|6|30|12500|10000|32|7500||||a b c
i8ge.48xlarge|192|1572864|arm64|aws|2700|nitro|eos|24|50|300000|60000|128|120000|||1|a b c
i8ge.6xlarge|24|196608|arm64|aws|2800|nitro|eos|10|30|37500|10000|32|15000||||a b c
i8ge.large|2|16384|arm64|aws|2800|nitro|eos|3|10|2100|10000|32|1250||||a b c
i8ge.metal-24xl|96|786432|arm64|aws|2800||ebos|16|50|150000|30000|39s|60000||||a b c
i8ge.metal-48xl|192|1572864|arm64|aws|2700||ebos|24|50|300000|60000|79s|120000|||1|a b c
i8ge.xlarge|4|32768|arm64|aws|2800|nitro|eos|4|15|4200|10000|32|2500||||a b c
im4gn.16xlarge|64|262144|arm64|aws|2500|nitro|eos|15|50|100000|40000|23s|30000|||1|a b c
im4gn.2xlarge|8|32768|arm64|aws|2500|nitro|eos|4|15|12500|10000|26s|3750||||a b c
im4gn.4xlarge|16|65536|arm64|aws|2500|nitro|eos|8|30|25000|10000|26s|7500||||a b c
im4gn.8xlarge|32|131072|arm64|aws|2500|nitro|eos|8|30|50000|20000|25s|15000||||a b c
im4gn.large|2|8192|arm64|aws|2500|nitro|eos|3|10|3125|10000|26s|937||||a b c
im4gn.xlarge|4|16384|arm64|aws|2500|nitro|eos|4|15|6250|10000|26s|1875||||a b c
inf1.24xlarge|96|196608|amd64|intel|2500|nitro|eos|11|30|100000|19000|11s|||16*Inferentia/4|1|a b c
inf1.2xlarge|8|16384|amd64|intel|2500|nitro|eos|4|10|5000|4750|26s|||1*Inferentia/4||a b c
inf1.6xlarge|24|49152|amd64|intel|2500|nitro|eos|8|30|25000|4750|23s|||4*Inferentia/4||a b c
inf1.xlarge|4|8192|amd64|intel|2500|nitro|eos|4|10|5000|4750|26s|||1*Inferentia/4||a b c
inf2.24xlarge|96|393216|amd64|amd|3600|nitro|eos|15|50|50000|30000|28s|||6*Inferentia2/2||b c
inf2.48xlarge|192|786432|amd64|amd|3600|nitro|eos|15|50|100000|60000|28s|||12*Inferentia2/2||b c
inf2.8xlarge|32|131072|amd64|amd|3600|nitro|eos|8|30|16667|10000|26s|||1*Inferentia2/2||b c
inf2.xlarge|4|16384|amd64|amd|3600|nitro|eos|4|15|2083|10000|26s|||1*Inferentia2/2||b c
is4gen.2xlarge|8|49152|arm64|aws|2500|nitro|eos|4|15|12500|10000|26s|7500||||a b c
is4gen.4xlarge|16|98304|arm64|aws|2500|nitro|eos|8|30|25000|10000|25s|15000||||a b c
is4gen.8xlarge|32|196608|arm64|aws|2500|nitro|eos|8|30|50000|20000|23s|30000||||a b c
is4gen.large|2|12288|arm64|aws|2500|nitro|eos|3|10|3125|10000|26s|1875||||a b c
is4gen.medium|1|6144|arm64|aws|2500|nitro|eos|2|4|1562|10000|26s|937||||a b c
is4gen.xlarge|4|24576|arm64|aws|2500|nitro|eos|4|15|6250|10000|26s|3750||||a b c
m1.large|2|7680|amd64|intel||xen|pos|3|10|700||39s|||||a b
m1.xlarge|4|15360|amd64|intel||xen|pos|4|15|1000||39s|||||a b
m2.2xlarge|4|35020|amd64|intel||xen|pos|4|30|700||39s|||||a b
m2.4xlarge|8|70041|amd64|intel||xen|pos|8|30|1000||39s|||||a b
m2.xlarge|2|17510|amd64|intel||xen|pos|4|15|300||39s|||||a b
m3.2xlarge|8|30720|amd64|intel|2500|xen|pos|4|30|1000||39s|||||a b
m3.large|2|7680|amd64|intel|2500|xen|pos|3|10|700||39s|||||a b
m3.medium|1|3840|amd64|intel|2500|xen|pos|2|6|300||39s|||||a b
m3.xlarge|4|15360|amd64|intel|2500|xen|pos|4|15|1000||39s|||||a b
m4.10xlarge|40|163840|amd64|intel|2400|xen|pos|8|30|10000|4000|40s|||||a b c
m4.16xlarge|64|262144|amd64|intel|2300|xen|pos|8|30|25000|10000|40s|||||a b c
m4.2xlarge|8|32768|amd64|intel|2400|xen|pos|4|15|1000|1000|40s|||||a b c
m4.4xlarge|16|65536|amd64|intel|2400|xen|pos|8|30|2000|2000|40s|||||a b c
m4.large|2|8192|amd64|intel|2400|xen|pos|2|10|450|450|40s|||||a b c
m4.xlarge|4|16384|amd64|intel|2400|xen|pos|4|15|750|750|40s|||||a b c
m5.12xlarge|48|196608|amd64|intel|3100|nitro|pos|8|30|12000|9500|27s|||||a b c
m5.16xlarge|64|262144|amd64|intel|3100|nitro|pos|15|50|20000|13600|27s|||||a b c
m5.24xlarge|96|393216|amd64|intel|3100|nitro|pos|15|50|25000|19000|27s|||||a b c
m5.2xlarge|8|32768|amd64|intel|3100|nitro|pos|4|15|2500|4750|27s|||||a b c
m5.4xlarge|16|65536|amd64|intel|3100|nitro|pos|8|30|5000|4750|27s|||||a b c
m5.8xlarge|32|131072|amd64|intel|3100|nitro|pos|8|30|10000|6800|27s|||||a b c
m5.large|2|8192|amd64|intel|3100|nitro|pos|3|10|750|4750|27s|||||a b c
m5.metal|96|393216|amd64|intel|3100||bpos|15|50|25000|19000|31s|||||a b c
m5.xlarge|4|16384|amd64|intel|3100|nitro|pos|4|15|1250|4750|27s|||||a b c
m5a.12xlarge|48|196608|amd64|amd|2500|nitro|os|8|30|10000|6780|27s|||||a b c
m5a.16xlarge|64|262144|amd64|amd|2500|nitro|os|15|50|12000|9500|27s|||||a b c
m5a.24xlarge|96|393216|amd64|amd|2500|nitro|os|15|50|20000|13750|27s|||||a b c
m5a.2xlarge|8|32768|amd64|amd|2500|nitro|os|4|15|2500|2880|27s|||||a b c
m5a.4xlarge|16|65536|amd64|amd|2500|nitro|os|8|30|5000|2880|27s|||||a b c
m5a.8xlarge|32|131072|amd64|amd|2500|nitro|os|8|30|7500|4750|27s|||||a b c
m5a.large|2|8192|amd64|amd|2500|nitro|os|3|10|750|2880|27s|||||a b c
m5a.xlarge|4|16384|amd64|amd|2500|nitro|os|4|15|1250|2880|27s|||||a b c
m5ad.12xlarge|48|196608|amd64|amd|2200|nitro|os|8|30|10000|6780|25s|1800||||a b c
m5ad.16xlarge|64|262144|amd64|amd|2500|nitro|os|15|50|12000|9500|23s|2400||||a b c
m5ad.24xlarge|96|393216|amd64|amd|2200|nitro|os|15|50|20000|13750|23s|3600||||a b c
m5ad.2xlarge|8|32768|amd64|amd|2200|nitro|os|4|15|2500|2880|26s|300||||a b c
m5ad.4xlarge|16|65536|amd64|amd|2200|nitro|os|8|30|5000|2880|25s|600||||a b c
m5ad.8xlarge|32|131072|amd64|amd|2500|nitro|os|8|30|7500|4750|25s|1200||||a b c
m5ad.large|2|8192|amd64|amd|2200|nitro|os|3|10|750|2880|26s|75||||a b c
m5ad.xlarge|4|16384|amd64|amd|2200|nitro|os|4|15|1250|2880|26s|150||||a b c
m5d.12xlarge|48|196608|amd64|intel|3100|nitro|os|8|30|12000|9500|25s|1800||||a b c
m5d.16xlarge|64|262144|amd64|intel|3100|nitro|os|15|50|20000|13600|23s|2400||||a b c
m5d.24xlarge|96|393216|amd64|intel|3100|nitro|os|15|50|25000|19000|23s|3600||||a b c
m5d.2xlarge|8|32768|amd64|intel|3100|nitro|os|4|15|2500|4750|26s|300||||a b c
m5d.4xlarge|16|65536|amd64|intel|3100|nitro|os|8|30|5000|4750|25s|600||||a b c
m5d.8xlarge|32|131072|amd64|intel|3100|nitro|os|8|30|10000|6800|25s|1200||||a b c
m5d.large|2|8192|amd64|intel|3100|nitro|os|3|10|750|4750|26s|75||||a b c
m5d.metal|96|393216|amd64|intel|3100||bos|15|50|25000|19000|31s|3600||||a b c
m5d.xlarge|4|16384|amd64|intel|3100|nitro|os|4|15|1250|4750|26s|150||||a b c
m5dn.12xlarge|48|196608|amd64|intel|3100|nitro|eos|8|30|50000|9500|25s|1800||||a b c
m5dn.16xlarge|64|262144|amd64|intel|3100|nitro|eos|15|50|75000|13600|23s|2400||||a b c
m5dn.24xlarge|96|393216|amd64|intel|3100|nitro|eos|15|50|100000|19000|23s|3600|||1|a b c
m5dn.2xlarge|8|32768|amd64|intel|3100|nitro|eos|4|15|8125|4750|26s|300||||a b c
m5dn.4xlarge|16|65536|amd64|intel|3100|nitro|eos|8|30|16250|4750|25s|600||||a b c
m5dn.8xlarge|32|131072|amd64|intel|3100|nitro|eos|8|30|25000|6800|25s|1200||||a b c
m5dn.large|2|8192|amd64|intel|3100|nitro|eos|3|10|2100|4750|26s|75||||a b c
m5dn.metal|96|393216|amd64|intel|3100||ebos|15|50|100000|19000|31s|3600|||1|a b c
m5dn.xlarge|4|16384|amd64|intel|3100|nitro|eos|4|15|4100|4750|26s|150||||a b c
m5n.12xlarge|48|196608|amd64|intel|3100|nitro|eos|8|30|50000|9500|27s|||||a b c
m5n.16xlarge|64|262144|amd64|intel|3100|nitro|eos|15|50|75000|13600|27s|||||a b c
m5n.24xlarge|96|393216|amd64|intel|3100|nitro|eos|15|50|100000|19000|27s||||1|a b c
m5n.2xlarge|8|32768|amd64|intel|3100|nitro|eos|4|15|8125|4750|27s|||||a b c
m5n.4xlarge|16|65536|amd64|intel|3100|nitro|eos|8|30|16250|4750|27s|||||a b c
m5n.8xlarge|32|131072|amd64|intel|3100|nitro|eos|8|30|25000|6800|27s|||||a b c
m5n.large|2|8192|amd64|intel|3100|nitro|eos|3|10|2100|4750|27s|||||a b c
m5n.metal|96|393216|amd64|intel|3100||ebos|15|50|100000|19000|31s||||1|a b c
m5n.xlarge|4|16384|amd64|intel|3100|nitro|eos|4|15|4100|4750|27s|||||a b c
m5zn.12xlarge|48|196608|amd64|intel|4500|nitro|eos|15|50|100000|19000|27s||||1|a b
m5zn.2xlarge|8|32768|amd64|intel|4500|nitro|eos|4|15|10000|3170|27s|||||a b
m5zn.3xlarge|12|49152|amd64|intel|4500|nitro|eos|8|30|15000|4750|27s|||||a b
m5zn.6xlarge|24|98304|amd64|intel|4500|nitro|eos|8|30|50000|9500|27s|||||a b
m5zn.large|2|8192|amd64|intel|4500|nitro|eos|3|10|3000|3170|27s|||||a b
m5zn.metal|48|196608|amd64|intel|4500||ebos|15|50|100000|19000|31s||||1|a b
m5zn.xlarge|4|16384|amd64|intel|4500|nitro|eos|4|15|5000|3170|27s|||||a b
m6a.12xlarge|48|196608|amd64|amd|3600|nitro|eos|8|30|18750|15000|27s|||||a b c
m6a.16xlarge|64|262144|amd64|amd|3600|nitro|eos|15|50|25000|20000|27s|||||a b c
m6a.24xlarge|96|393216|amd64|amd|3600|nitro|eos|15|50|37500|30000|27s|||||a b c
m6a.2xlarge|8|32768|amd64|amd|3600|nitro|eos|4|15|3125|10000|27s|||||a b c
m6a.32xlarge|128|524288|amd64|amd|3600|nitro|eos|15|50|50000|40000|27s|||||a b c
m6a.48xlarge|192|786432|amd64|amd|3600|nitro|eos|15|50|50000|40000|27s||||1|a b c
m6a.4xlarge|16|65536|amd64|amd|3600|nitro|eos|8|30|6250|10000|27s|||||a b c
m6a.8xlarge|32|131072|amd64|amd|3600|nitro|eos|8|30|12500|10000|27s|||||a b c
m6a.large|2|8192|amd64|amd|3600|nitro|eos|3|10|781|10000|27s|||||a b c
m6a.metal|192|786432|amd64|amd|3600||ebos|15|50|50000|40000|31s||||1|a b c
m6a.xlarge|4|16384|amd64|amd|3600|nitro|eos|4|15|1562|10000|27s|||||a b c
m6g.12xlarge|48|196608|arm64|aws|2500|nitro|os|8|30|20000|14250|27s|||||a b c
m6g.16xlarge|64|262144|arm64|aws|2500|nitro|os|15|50|25000|19000|27s|||||a b c
m6g.2xlarge|8|32768|arm64|aws|2500|nitro|os|4|15|2500|4750|27s|||||a b c
m6g.4xlarge|16|65536|arm64|aws|2500|nitro|os|8|30|5000|4750|27s|||||a b c
m6g.8xlarge|32|131072|arm64|aws|2500|nitro|os|8|30|12000|9500|27s|||||a b c
m6g.large|2|8192|arm64|aws|2500|nitro|os|3|10|750|4750|27s|||||a b c
m6g.medium|1|4096|arm64|aws|2500|nitro|os|2|4|500|4750|27s|||||a b c
m6g.metal|64|262144|arm64|aws|2500||bos|15|50|25000|19000|31s|||||a b c
m6g.xlarge|4|16384|arm64|aws|2500|nitro|os|4|15|1250|4750|27s|||||a b c
m6gd.12xlarge|48|196608|arm64|aws|2500|nitro|os|8|30|20000|14250|25s|2850||||a b c
m6gd.16xlarge|64|262144|arm64|aws|2500|nitro|os|15|50|25000|19000|25s|3800||||a b c
m6gd.2xlarge|8|32768|arm64|aws|2500|nitro|os|4|15|2500|4750|26s|474||||a b c
m6gd.4xlarge|16|65536|arm64|aws|2500|nitro|os|8|30|5000|4750|26s|950||||a b c
m6gd.8xlarge|32|131072|arm64|aws|2500|nitro|os|8|30|12000|9500|26s|1900||||a b c
m6gd.large|2|8192|arm64|aws|2500|nitro|os|3|10|750|4750|26s|118||||a b c
m6gd.medium|1|4096|arm64|aws|2500|nitro|os|2|4|500|4750|26s|59||||a b c
m6gd.metal|64|262144|arm64|aws|2500||bos|15|50|25000|19000|31s|3800||||a b c
m6gd.xlarge|4|16384|arm64|aws|2500|nitro|os|4|15|1250|4750|26s|237||||a b c
m6i.12xlarge|48|196608|amd64|intel|3500|nitro|epos|8|30|18750|15000|27s|||||a b c
m6i.16xlarge|64|262144|amd64|intel|3500|nitro|epos|15|50|25000|20000|27s|||||a b c
m6i.24xlarge|96|393216|amd64|intel|3500|nitro|epos|15|50|37500|30000|27s|||||a b c
m6i.2xlarge|8|32768|amd64|intel|3500|nitro|epos|4|15|3125|10000|27s|||||a b c
m6i.32xlarge|128|524288|amd64|intel|3500|nitro|epos|15|50|50000|40000|27s||||1|a b c
m6i.4xlarge|16|65536|amd64|intel|3500|nitro|epos|8|30|6250|10000|27s|||||a b c
m6i.8xlarge|32|131072|amd64|intel|3500|nitro|epos|8|30|12500|10000|27s|||||a b c
m6i.large|2|8192|amd64|intel|3500|nitro|epos|3|10|781|10000|27s|||||a b c
m6i.metal|128|524288|amd64|intel|3500||ebpos|15|50|50000|40000|31s||||1|a b c
m6i.xlarge|4|16384|amd64|intel|3500|nitro|epos|4|15|1562|10000|27s|||||a b c
m6id.12xlarge|48|196608|amd64|intel|3500|nitro|eos|8|30|18750|15000|25s|2850||||a b c
m6id.16xlarge|64|262144|amd64|intel|3500|nitro|eos|15|50|25000|20000|25s|3800||||a b c
m6id.24xlarge|96|393216|amd64|intel|3500|nitro|eos|15|50|37500|30000|23s|5700||||a b c
m6id.2xlarge|8|32768|amd64|intel|3500|nitro|eos|4|15|3125|10000|26s|474||||a b c
m6id.32xlarge|128|524288|amd64|intel|3500|nitro|eos|15|50|50000|40000|23s|7600|||1|a b c
m6id.4xlarge|16|65536|amd64|intel|3500|nitro|eos|8|30|6250|10000|26s|950||||a b c
m6id.8xlarge|32|131072|amd64|intel|3500|nitro|eos|8|30|12500|10000|26s|1900||||a b c
m6id.large|2|8192|amd64|intel|3500|nitro|eos|3|10|781|10000|26s|118||||a b c
m6id.metal|128|524288|amd64|intel|3500||ebos|15|50|50000|40000|31s|7600|||1|a b c
m6id.xlarge|4|16384|amd64|intel|3500|nitro|eos|4|15|1562|10000|26s|237||||a b c
m6idn.12xlarge|48|196608|amd64|intel|3500|nitro|eos|8|30|75000|37500|25s|2850||||a b c
m6idn.16xlarge|64|262144|amd64|intel|3500|nitro|eos|15|50|100000|50000|25s|3800||||a b c
m6idn.24xlarge|96|393216|amd64|intel|3500|nitro|eos|15|50|150000|75000|23s|5700||||a b c
m6idn.2xlarge|8|32768|amd64|intel|3500|nitro|eos|4|15|12500|25000|26s|474||||a b c
m6idn.32xlarge|128|524288|amd64|intel|3500|nitro|eos|8|50|400000|100000|23s|7600|||2|a b c
m6idn.4xlarge|16|65536|amd64|intel|3500|nitro|eos|8|30|25000|25000|26s|950||||a b c
m6idn.8xlarge|32|131072|amd64|intel|3500|nitro|eos|8|30|50000|25000|26s|1900||||a b c
m6idn.large|2|8192|amd64|intel|3500|nitro|eos|3|10|3125|25000|26s|118||||a b c
m6idn.metal|128|524288|amd64|intel|3500||ebos|8|50|400000|100000|31s|7600|||2|a b c
m6idn.xlarge|4|16384|amd64|intel|3500|nitro|eos|4|15|6250|25000|26s|237||||a b c
m6in.12xlarge|48|196608|amd64|intel|3500|nitro|eos|8|30|75000|37500|27s|||||a b c
m6in.16xlarge|64|262144|amd64|intel|3500|nitro|eos|15|50|100000|50000|27s|||||a b c
m6in.24xlarge|96|393216|amd64|intel|3500|nitro|eos|15|50|150000|75000|27s|||||a b c
m6in.2xlarge|8|32768|amd64|intel|3500|nitro|eos|4|15|12500|25000|27s|||||a b c
m6in.32xlarge|128|524288|amd64|intel|3500|nitro|eos|8|50|400000|100000|27s||||2|a b c
m6in.4xlarge|16|65536|amd64|intel|3500|nitro|eos|8|30|25000|25000|27s|||||a b c
m6in.8xlarge|32|131072|amd64|intel|3500|nitro|eos|8|30|50000|25000|27s|||||a b c
m6in.large|2|8192|amd64|intel|3500|nitro|eos|3|10|3125|25000|27s|||||a b c
m6in.metal|128|524288|amd64|intel|3500||ebos|8|50|400000|100000|31s||||2|a b c
m6in.xlarge|4|16384|amd64|intel|3500|nitro|eos|4|15|6250|25000|27s|||||a b c
m7a.12xlarge|48|196608|amd64|amd|3700|nitro|eos|8|30|18750|15000|32|||||
m7a.16xlarge|64|262144|amd64|amd|3700|nitro|eos|15|50|25000|20000|48|||||
m7a.24xlarge|96|393216|amd64|amd|3700|nitro|eos|15|50|37500|30000|64|||||
m7a.2xlarge|8|32768|amd64|amd|3700|nitro|eos|4|15|3125|10000|32|||||
m7a.32xlarge|128|524288|amd64|amd|3700|nitro|eos|15|50|50000|40000|88|||||
m7a.48xlarge|192|786432|amd64|amd|3700|nitro|eos|15|50|50000|40000|128||||1|
m7a.4xlarge|16|65536|amd64|amd|3700|nitro|eos|8|30|6250|10000|32|||||
m7a.8xlarge|32|131072|amd64|amd|3700|nitro|eos|8|30|12500|10000|32|||||
m7a.large|2|8192|amd64|amd|3700|nitro|eos|3|10|781|10000|32|||||
m7a.medium|1|4096|amd64|amd|3700|nitro|eos|2|4|390|10000|32|||||
m7a.metal-48xl|192|786432|amd64|amd|3700||ebos|15|50|50000|40000|79||||1|
m7a.xlarge|4|16384|amd64|amd|3700|nitro|eos|4|15|1562|10000|32|||||
m7g.12xlarge|48|196608|arm64|aws|2600|nitro|eos|8|30|22500|15000|27s|||||a b c
m7g.16xlarge|64|262144|arm64|aws|2600|nitro|eos|15|50|30000|20000|27s||||1|a b c
m7g.2xlarge|8|32768|arm64|aws|2600|nitro|eos|4|15|3750|10000|27s|||||a b c
m7g.4xlarge|16|65536|arm64|aws|2600|nitro|eos|8|30|7500|10000|27s|||||a b c
m7g.8xlarge|32|131072|arm64|aws|2600|nitro|eos|8|30|15000|10000|27s|||||a b c
m7g.large|2|8192|arm64|aws|2600|nitro|eos|3|10|937|10000|27s|||||a b c
m7g.medium|1|4096|arm64|aws|2600|nitro|eos|2|4|520|10000|27s|||||a b c
m7g.metal|64|262144|arm64|aws|2600||ebos|15|50|30000|20000|31s||||1|a b c
m7g.xlarge|4|16384|arm64|aws|2600|nitro|eos|4|15|1876|10000|27s|||||a b c
m7gd.12xlarge|48|196608|arm64|aws|2600|nitro|eos|8|30|22500|15000|25s|2850||||a b c
m7gd.16xlarge|64|262144|arm64|aws|2600|nitro|eos|15|50|30000|20000|25s|3800|||1|a b c
m7gd.2xlarge|8|32768|arm64|aws|2600|nitro|eos|4|15|3750|10000|26s|474||||a b c
m7gd.4xlarge|16|65536|arm64|aws|2600|nitro|eos|8|30|7500|10000|26s|950||||a b c
m7gd.8xlarge|32|131072|arm64|aws|2600|nitro|eos|8|30|15000|10000|26s|1900||||a b c
m7gd.large|2|8192|arm64|aws|2600|nitro|eos|3|10|937|10000|26s|118||||a b c
m7gd.medium|1|4096|arm64|aws|2600|nitro|eos|2|4|520|10000|26s|59||||a b c
m7gd.metal|64|262144|arm64|aws|2600||ebos|15|50|30000|20000|31s|3800|||1|a b c
m7gd.xlarge|4|16384|arm64|aws|2600|nitro|eos|4|15|1876|10000|26s|237||||a b c
m7i-flex.12xlarge|48|196608|amd64|intel|3200|nitro|eos|8|30|9375|15000|32|||||a b c
m7i-flex.16xlarge|64|262144|amd64|intel|3200|nitro|eos|15|50|12500|20000|48|||||a b c
m7i-flex.2xlarge|8|32768|amd64|intel|3200|nitro|eos|4|15|1562|10000|32|||||a b c
m7i-flex.4xlarge|16|65536|amd64|intel|3200|nitro|eos|8|30|3125|10000|32|||||a b c
m7i-flex.8xlarge|32|131072|amd64|intel|3200|nitro|eos|8|30|6250|10000|32|||||a b c
m7i-flex.large|2|8192|amd64|intel|3200|nitro|eos|3|10|390|10000|32|||||a b c
m7i-flex.xlarge|4|16384|amd64|intel|3200|nitro|eos|4|15|781|10000|32|||||a b c
m7i.12xlarge|48|196608|amd64|intel|3200|nitro|eos|8|30|18750|15000|32|||||a b c
m7i.16xlarge|64|262144|amd64|intel|3200|nitro|eos|15|50|25000|20000|48|||||a b c
m7i.24xlarge|96|393216|amd64|intel|3200|nitro|eos|15|50|37500|30000|64|||||a b c
m7i.2xlarge|8|32768|amd64|intel|3200|nitro|eos|4|15|3125|10000|32|||||a b c
m7i.48xlarge|192|786432|amd64|intel|3200|nitro|eos|15|50|50000|40000|128||||1|a b c
m7i.4xlarge|16|65536|amd64|intel|3200|nitro|eos|8|30|6250|10000|32|||||a b c
m7i.8xlarge|32|131072|amd64|intel|3200|nitro|eos|8|30|12500|10000|32|||||a b c
m7i.large|2|8192|amd64|intel|3200|nitro|eos|3|10|781|10000|32|||||a b c
m7i.metal-24xl|96|393216|amd64|intel|3200||ebos|15|50|37500|30000|39|||||a b c
m7i.metal-48xl|192|786432|amd64|intel|3200||ebos|15|50|50000|40000|79||||1|a b c
m7i.xlarge|4|16384|amd64|intel|3200|nitro|eos|4|15|1562|10000|32|||||a b c
m8a.12xlarge|48|196608|amd64|amd|4500|nitro|eos|12|64|22500|15000|32|||||
m8a.16xlarge|64|262144|amd64|amd|4500|nitro|eos|16|64|30000|20000|48|||||
m8a.24xlarge|96|393216|amd64|amd|4500|nitro|eos|16|64|40000|30000|64|||||
m8a.2xlarge|8|32768|amd64|amd|4500|nitro|eos|4|40|3750|10000|32|||||
m8a.48xlarge|192|786432|amd64|amd|4500|nitro|eos|24|64|75000|60000|128||||1|
m8a.4xlarge|16|65536|amd64|amd|4500|nitro|eos|8|40|7500|10000|32|||||
m8a.8xlarge|32|131072|amd64|amd|4500|nitro|eos|10|40|15000|10000|32|||||
m8a.large|2|8192|amd64|amd|4500|nitro|eos|3|20|937|10000|32|||||
m8a.medium|1|4096|amd64|amd|4500|nitro|eos|2|4|520|10000|32|||||
m8a.metal-24xl|96|393216|amd64|amd|4500||ebos|16|64|40000|30000|64|||||
m8a.metal-48xl|192|786432|amd64|amd|4500||ebos|24|64|75000|60000|79s||||1|
m8a.xlarge|4|16384|amd64|amd|4500|nitro|eos|4|20|1875|10000|32|||||
m8azn.12xlarge|48|196608|amd64|amd|5000|nitro|eos|16|64|100000|30000|64|||||
m8azn.24xlarge|96|393216|amd64|amd|5000|nitro|eos|16|64|200000|60000|128||||1|
m8azn.3xlarge|12|49152|amd64|amd|5000|nitro|eos|8|40|25000|15000|32|||||
m8azn.6xlarge|24|98304|amd64|amd|5000|nitro|eos|8|40|50000|15000|32|||||
m8azn.large|2|8192|amd64|amd|5000|nitro|eos|4|20|4170|15000|32|||||
m8azn.medium|1|4096|amd64|amd|5000|nitro|eos|3|4|2080|15000|32|||||
m8azn.metal-12xl|48|196608|amd64|amd|5000||ebos|16|64|100000|30000|64|||||
m8azn.metal-24xl|96|393216|amd64|amd|5000||ebos|16|64|200000|60000|79||||1|
m8azn.xlarge|4|16384|amd64|amd|5000|nitro|eos|4|20|8330|15000|32|||||
m8g.12xlarge|48|196608|arm64|aws|2800|nitro|eos|8|30|22500|15000|32|||||a b c
m8g.16xlarge|64|262144|arm64|aws|2800|nitro|eos|15|50|30000|20000|48|||||a b c
m8g.24xlarge|96|393216|arm64|aws|2800|nitro|eos|15|50|40000|30000|64||||1|a b c
m8g.2xlarge|8|32768|arm64|aws|2800|nitro|eos|4|15|3750|10000|32|||||a b c
m8g.48xlarge|192|786432|arm64|aws|2700|nitro|eos|15|50|50000|40000|128||||1|a b c
m8g.4xlarge|16|65536|arm64|aws|2800|nitro|eos|8|30|7500|10000|32|||||a b c
m8g.8xlarge|32|131072|arm64|aws|2800|nitro|eos|8|30|15000|10000|32|||||a b c
m8g.large|2|8192|arm64|aws|2800|nitro|eos|3|10|937|10000|32|||||a b c
m8g.medium|1|4096|arm64|aws|2800|nitro|eos|2|4|520|10000|32|||||a b c
m8g.metal-24xl|96|393216|arm64|aws|2800||ebos|15|50|40000|30000|39||||1|a b c
m8g.metal-48xl|192|786432|arm64|aws|2700||ebos|15|50|50000|40000|79||||1|a b c
m8g.xlarge|4|16384|arm64|aws|2800|nitro|eos|4|15|1875|10000|32|||||a b c
m8gb.12xlarge|48|196608|arm64|aws|2800|nitro|eos|12|30|100000|75000|32|||||
m8gb.16xlarge|64|262144|arm64|aws|2800|nitro|eos|16|50|133333|100000|48||||1|
m8gb.24xlarge|96|393216|arm64|aws|2800|nitro|eos|24|50|200000|150000|64||||1|
m8gb.2xlarge|8|32768|arm64|aws|2800|nitro|eos|4|15|16666|25000|32|||||
m8gb.48xlarge|192|786432|arm64|aws|2700|nitro|eos|12|50|400000|300000|128||||2|
m8gb.4xlarge|16|65536|arm64|aws|2800|nitro|eos|8|30|33333|25000|32|||||
m8gb.8xlarge|32|131072|arm64|aws|2800|nitro|eos|10|30|66666|50000|32|||||
m8gb.large|2|8192|arm64|aws|2800|nitro|eos|3|10|4166|25000|32|||||
m8gb.medium|1|4096|arm64|aws|2800|nitro|eos|2|4|2083|25000|32|||||
m8gb.metal-24xl|96|393216|arm64|aws|2800||ebos|24|50|200000|150000|39s||||1|
m8gb.metal-48xl|192|786432|arm64|aws|2700||ebos|12|50|400000|300000|78||||2|
m8gb.xlarge|4|16384|arm64|aws|2800|nitro|eos|4|15|8333|25000|32|||||
m8gd.12xlarge|48|196608|arm64|aws|2800|nitro|eos|8|30|22500|15000|32|2850||||
m8gd.16xlarge|64|262144|arm64|aws|2800|nitro|eos|15|50|30000|20000|48|3800||||
m8gd.24xlarge|96|393216|arm64|aws|2800|nitro|eos|15|50|40000|30000|64|5700|||1|
m8gd.2xlarge|8|32768|arm64|aws|2800|nitro|eos|4|15|3750|10000|32|474||||
m8gd.48xlarge|192|786432|arm64|aws|2700|nitro|eos|15|50|50000|40000|128|11400|||1|
m8gd.4xlarge|16|65536|arm64|aws|2800|nitro|eos|8|30|7500|10000|32|950||||
m8gd.8xlarge|32|131072|arm64|aws|2800|nitro|eos|8|30|15000|10000|32|1900||||
m8gd.large|2|8192|arm64|aws|2800|nitro|eos|3|10|937|10000|32|118||||
m8gd.medium|1|4096|arm64|aws|2800|nitro|eos|2|4|520|10000|32|59||||
m8gd.metal-24xl|96|393216|arm64|aws|2800||ebos|15|50|40000|30000|39|5700|||1|
m8gd.metal-48xl|192|786432|arm64|aws|2700||ebos|15|50|50000|40000|79|11400|||1|
m8gd.xlarge|4|16384|arm64|aws|2800|nitro|eos|4|15|1875|10000|32|237||||
m8gn.12xlarge|48|196608|arm64|aws|2800|nitro|eos|12|30|150000|30000|32|||||
m8gn.16xlarge|64|262144|arm64|aws|2800|nitro|eos|16|50|200000|40000|48||||1|
m8gn.24xlarge|96|393216|arm64|aws|2800|nitro|eos|24|50|300000|60000|64||||1|
m8gn.2xlarge|8|32768|arm64|aws|2800|nitro|eos|4|15|25000|10000|32|||||
m8gn.48xlarge|192|786432|arm64|aws|2700|nitro|eos|12|50|600000|120000|128||||2|
m8gn.4xlarge|16|65536|arm64|aws|2800|nitro|eos|8|30|50000|10000|32|||||
m8gn.8xlarge|32|131072|arm64|aws|2800|nitro|eos|10|30|100000|20000|32|||||
m8gn.large|2|8192|arm64|aws|2800|nitro|eos|3|10|6250|10000|32|||||
m8gn.medium|1|4096|arm64|aws|2800|nitro|eos|2|4|3125|10000|32|||||
m8gn.metal-24xl|96|393216|arm64|aws|2800||ebos|24|50|300000|60000|39s||||1|
m8gn.metal-48xl|192|786432|arm64|aws|2700||ebos|12|50|600000|120000|78||||2|
m8gn.xlarge|4|16384|arm64|aws|2800|nitro|eos|4|15|12500|10000|32|||||
m8i-flex.12xlarge|48|196608|amd64|intel|3900|nitro|eos|12|50|11250|15000|32|||||a b c
m8i-flex.16xlarge|64|262144|amd64|intel|3900|nitro|eos|16|64|15000|20000|48|||||a b c
m8i-flex.2xlarge|8|32768|amd64|intel|3900|nitro|eos|4|30|1875|10000|32|||||a b c
m8i-flex.4xlarge|16|65536|amd64|intel|3900|nitro|eos|8|50|3750|10000|32|||||a b c
m8i-flex.8xlarge|32|131072|amd64|intel|3900|nitro|eos|10|50|7500|10000|32|||||a b c
m8i-flex.large|2|8192|amd64|intel|3900|nitro|eos|3|20|468|10000|32|||||a b c
m8i-flex.xlarge|4|16384|amd64|intel|3900|nitro|eos|4|30|937|10000|32|||||a b c
m8i.12xlarge|48|196608|amd64|intel|3900|nitro|eos|12|50|22500|15000|32|||||a b c
m8i.16xlarge|64|262144|amd64|intel|3900|nitro|eos|16|64|30000|20000|48|||||a b c
m8i.24xlarge|96|393216|amd64|intel|3900|nitro|eos|16|64|40000|30000|64|||||a b c
m8i.2xlarge|8|32768|amd64|intel|3900|nitro|eos|4|30|3750|10000|32|||||a b c
m8i.32xlarge|128|524288|amd64|intel|3900|nitro|eos|24|64|50000|40000|88|||||a b c
m8i.48xlarge|192|786432|amd64|intel|3900|nitro|eos|24|64|75000|60000|128||||1|a b c
m8i.4xlarge|16|65536|amd64|intel|3900|nitro|eos|8|50|7500|10000|32|||||a b c
m8i.8xlarge|32|131072|amd64|intel|3900|nitro|eos|10|50|15000|10000|32|||||a b c
m8i.96xlarge|384|1572864|amd64|intel|3900|nitro|eos|24|64|100000|80000|128||||1|a b c
m8i.large|2|8192|amd64|intel|3900|nitro|eos|3|20|937|10000|32|||||a b c
m8i.metal-48xl|192|786432|amd64|intel|3900||ebos|24|64|75000|60000|64||||1|a b c
m8i.metal-96xl|384|1572864|amd64|intel|3900||ebos|24|64|100000|80000|79||||1|a b c
m8i.xlarge|4|16384|amd64|intel|3900|nitro|eos|4|30|1875|10000|32|||||a b c
m8ib.12xlarge|48|196608|amd64|intel|3900|nitro|eos|12|50|50000|37500|32|||||
m8ib.16xlarge|64|262144|amd64|intel|3900|nitro|eos|16|64|66666|50000|48|||||
m8ib.24xlarge|96|393216|amd64|intel|3900|nitro|eos|16|64|100000|75000|64|||||
m8ib.2xlarge|8|32768|amd64|intel|3900|nitro|eos|4|30|8333|25000|32|||||
m8ib.32xlarge|128|524288|amd64|intel|3900|nitro|eos|16|64|133333|100000|88|||||
m8ib.48xlarge|192|786432|amd64|intel|3900|nitro|eos|24|64|200000|150000|128||||1|
m8ib.4xlarge|16|65536|amd64|intel|3900|nitro|eos|8|50|16666|25000|32|||||
m8ib.8xlarge|32|131072|amd64|intel|3900|nitro|eos|8|50|33333|25000|32|||||
m8ib.96xlarge|384|1572864|amd64|intel|3900|nitro|eos|12|64|400000|300000|128||||2|
m8ib.large|2|8192|amd64|intel|3900|nitro|eos|4|20|2083|25000|32|||||
m8ib.xlarge|4|16384|amd64|intel|3900|nitro|eos|4|30|4166|25000|32|||||
m8id.12xlarge|48|196608|amd64|intel|3900|nitro|eos|12|50|22500|15000|32|2850||||
m8id.16xlarge|64|262144|amd64|intel|3900|nitro|eos|16|64|30000|20000|48|3800||||
m8id.24xlarge|96|393216|amd64|intel|3900|nitro|eos|16|64|40000|30000|64|5700||||
m8id.2xlarge|8|32768|amd64|intel|3900|nitro|eos|4|30|3750|10000|32|474||||
m8id.32xlarge|128|524288|amd64|intel|3900|nitro|eos|24|64|50000|40000|88|7600||||
m8id.48xlarge|192|786432|amd64|intel|3900|nitro|eos|24|64|75000|60000|128|11400|||1|
m8id.4xlarge|16|65536|amd64|intel|3900|nitro|eos|8|50|7500|10000|32|950||||
m8id.8xlarge|32|131072|amd64|intel|3900|nitro|eos|10|50|15000|10000|32|1900||||
m8id.96xlarge|384|1572864|amd64|intel|3900|nitro|eos|24|64|100000|80000|128|22800|||1|
m8id.large|2|8192|amd64|intel|3900|nitro|eos|3|20|937|10000|32|118||||
m8id.metal-48xl|192|786432|amd64|intel|3900||ebos|24|64|75000|60000|64s|11400|||1|
m8id.metal-96xl|384|1572864|amd64|intel|3900||ebos|24|64|100000|80000|79s|22800|||1|
m8id.xlarge|4|16384|amd64|intel|3900|nitro|eos|4|30|1875|10000|32|237||||
m8in.12xlarge|48|196608|amd64|intel|3900|nitro|eos|12|50|75000|15000|32|||||
m8in.16xlarge|64|262144|amd64|intel|3900|nitro|eos|16|64|100000|20000|48|||||
m8in.24xlarge|96|393216|amd64|intel|3900|nitro|eos|16|64|150000|30000|64|||||
m8in.2xlarge|8|32768|amd64|intel|3900|nitro|eos|4|30|12500|10000|32|||||
m8in.32xlarge|128|524288|amd64|intel|3900|nitro|eos|16|64|200000|40000|88|||||
m8in.48xlarge|192|786432|amd64|intel|3900|nitro|eos|24|64|300000|60000|128||||1|
m8in.4xlarge|16|65536|amd64|intel|3900|nitro|eos|8|50|25000|10000|32|||||
m8in.8xlarge|32|131072|amd64|intel|3900|nitro|eos|8|50|50000|10000|32|||||
m8in.96xlarge|384|1572864|amd64|intel|3900|nitro|eos|12|64|600000|120000|128||||2|
m8in.large|2|8192|amd64|intel|3900|nitro|eos|4|20|3125|10000|32|||||
m8in.xlarge|4|16384|amd64|intel|3900|nitro|eos|4|30|6250|10000|32|||||
m8ine.12xlarge|48|196608|amd64|intel|3900|nitro|eo|12|50|75000|15000|32|||||
m8ine.2xlarge|8|32768|amd64|intel|3900|nitro|eo|4|30|12500|10000|32|||||
m8ine.4xlarge|16|65536|amd64|intel|3900|nitro|eo|8|50|25000|10000|32|||||
m8ine.8xlarge|32|131072|amd64|intel|3900|nitro|eo|8|50|50000|10000|32|||||
m8ine.large|2|8192|amd64|intel|3900|nitro|eo|4|20|3125|10000|32|||||
m8ine.xlarge|4|16384|amd64|intel|3900|nitro|eo|4|30|6250|10000|32|||||
p3dn.24xlarge|96|786432|amd64|intel|2500|nitro|eos|15|50|100000|19000|17s|1800|8*NVIDIA/V100/32768||1|
p4d.24xlarge|96|1179648|amd64|intel|3000|nitro|eos|15|50|400000|19000|28|8000|8*NVIDIA/A100/40960||4|
p4de.24xlarge|96|1179648|amd64|intel|3000|nitro|eos|15|50|400000|19000|28|8000|8*NVIDIA/A100/81920||4|b c
p5.48xlarge|192|2097152|amd64|amd|3600|nitro|eos|2|50|3200000|80000|64|30400|8*NVIDIA/H100/81920||32|
p5.4xlarge|16|262144|amd64|amd|3600|nitro|eos|4|30|100000|10000|32|3800|1*NVIDIA/H100/81920||1|
p5e.48xlarge|192|2097152|amd64|amd|3600|nitro|eos|2|50|3200000|80000|64|30400|8*NVIDIA/H200/144384||32|
p5en.48xlarge|192|2097152|amd64|intel|2400|nitro|eos|4|50|3200000|100000|64|30400|8*NVIDIA/H200/144384||16|
p6-b200.48xlarge|192|2097152|amd64|intel|2400|nitro|eos|4|50|1600000|100000|64|30400|8*NVIDIA/B200/183359||8|
p6-b300.48xlarge|192|4194304|amd64|intel|2400|nitro|eos|4|50|6750000|100000|64|30400|8*NVIDIA/B300/275040||16|
r3.2xlarge|8|62464|amd64|intel|2500|xen|pos|4|15|1000||39s|||||a b
r3.4xlarge|16|124928|amd64|intel|2500|xen|pos|8|30|2000||39s|||||a b
r3.8xlarge|32|249856|amd64|intel|2500|xen|pos|8|30|5000||39s|||||a b
r3.large|2|15360|amd64|intel|2500|xen|pos|3|10|500||39s|||||a b
r3.xlarge|4|31232|amd64|intel|2500|xen|pos|4|15|700||39s|||||a b
r4.16xlarge|64|499712|amd64|intel|2300|xen|pos|15|50|25000|14000|40s|||||a b c
r4.2xlarge|8|62464|amd64|intel|2300|xen|pos|4|15|2500|1700|40s|||||a b c
r4.4xlarge|16|124928|amd64|intel|2300|xen|pos|8|30|5000|3500|40s|||||a b c
r4.8xlarge|32|249856|amd64|intel|2300|xen|pos|8|30|12000|7000|40s|||||a b c
r4.large|2|15616|amd64|intel|2300|xen|pos|3|10|750|425|40s|||||a b c
r4.xlarge|4|31232|amd64|intel|2300|xen|pos|4|15|1250|850|40s|||||a b c
r5.12xlarge|48|393216|amd64|intel|3100|nitro|pos|8|30|12000|9500|27s|||||a b c
r5.16xlarge|64|524288|amd64|intel|3100|nitro|pos|15|50|20000|13600|27s|||||a b c
r5.24xlarge|96|786432|amd64|intel|3100|nitro|pos|15|50|25000|19000|27s|||||a b c
r5.2xlarge|8|65536|amd64|intel|3100|nitro|pos|4|15|2500|4750|27s|||||a b c
r5.4xlarge|16|131072|amd64|intel|3100|nitro|pos|8|30|5000|4750|27s|||||a b c
r5.8xlarge|32|262144|amd64|intel|3100|nitro|pos|8|30|10000|6800|27s|||||a b c
r5.large|2|16384|amd64|intel|3100|nitro|pos|3|10|750|4750|27s|||||a b c
r5.metal|96|786432|amd64|intel|3100||bpos|15|50|25000|19000|31s|||||a b c
r5.xlarge|4|32768|amd64|intel|3100|nitro|pos|4|15|1250|4750|27s|||||a b c
r5a.12xlarge|48|393216|amd64|amd|2500|nitro|os|8|30|10000|6780|27s|||||a b c
r5a.16xlarge|64|524288|amd64|amd|2500|nitro|os|15|50|12000|9500|27s|||||a b c
r5a.24xlarge|96|786432|amd64|amd|2500|nitro|os|15|50|20000|13570|27s|||||a b c
r5a.2xlarge|8|65536|amd64|amd|2500|nitro|os|4|15|2500|2880|27s|||||a b c
r5a.4xlarge|16|131072|amd64|amd|2500|nitro|os|8|30|5000|2880|27s|||||a b c
r5a.8xlarge|32|262144|amd64|amd|2500|nitro|os|8|30|7500|4750|27s|||||a b c
r5a.large|2|16384|amd64|amd|2500|nitro|os|3|10|750|2880|27s|||||a b c
r5a.xlarge|4|32768|amd64|amd|2500|nitro|os|4|15|1250|2880|27s|||||a b c
r5ad.12xlarge|48|393216|amd64|amd|2200|nitro|os|8|30|10000|6780|25s|1800||||a b c
r5ad.16xlarge|64|524288|amd64|amd|2500|nitro|os|15|50|12000|9500|23s|2400||||a b c
r5ad.24xlarge|96|786432|amd64|amd|2200|nitro|os|15|50|20000|13570|23s|3600||||a b c
r5ad.2xlarge|8|65536|amd64|amd|2200|nitro|os|4|15|2500|2880|26s|300||||a b c
r5ad.4xlarge|16|131072|amd64|amd|2200|nitro|os|8|30|5000|2880|25s|600||||a b c
r5ad.8xlarge|32|262144|amd64|amd|2500|nitro|os|8|30|7500|4750|25s|1200||||a b c
r5ad.large|2|16384|amd64|amd|2200|nitro|os|3|10|750|2880|26s|75||||a b c
r5ad.xlarge|4|32768|amd64|amd|2200|nitro|os|4|15|1250|2880|26s|150||||a b c
r5b.12xlarge|48|393216|amd64|intel|3100|nitro|os|8|30|12000|30000|27s|||||a b c
r5b.16xlarge|64|524288|amd64|intel|3100|nitro|os|15|50|20000|40000|27s|||||a b c
r5b.24xlarge|96|786432|amd64|intel|3100|nitro|os|15|50|25000|60000|27s|||||a b c
r5b.2xlarge|8|65536|amd64|intel|3100|nitro|os|4|15|2500|10000|27s|||||a b c
r5b.4xlarge|16|131072|amd64|intel|3100|nitro|os|8|30|5000|10000|27s|||||a b c
r5b.8xlarge|32|262144|amd64|intel|3100|nitro|os|8|30|10000|20000|27s|||||a b c
r5b.large|2|16384|amd64|intel|3100|nitro|os|3|10|750|10000|27s|||||a b c
r5b.metal|96|786432|amd64|intel|3100||bos|15|50|25000|60000|31s|||||a b c
r5b.xlarge|4|32768|amd64|intel|3100|nitro|os|4|15|1250|10000|27s|||||a b c
r5d.12xlarge|48|393216|amd64|intel|3100|nitro|os|8|30|12000|9500|25s|1800||||a b c
r5d.16xlarge|64|524288|amd64|intel|3100|nitro|os|15|50|20000|13600|23s|2400||||a b c
r5d.24xlarge|96|786432|amd64|intel|3100|nitro|os|15|50|25000|19000|23s|3600||||a b c
r5d.2xlarge|8|65536|amd64|intel|3100|nitro|os|4|15|2500|4750|26s|300||||a b c
r5d.4xlarge|16|131072|amd64|intel|3100|nitro|os|8|30|5000|4750|25s|600||||a b c
r5d.8xlarge|32|262144|amd64|intel|3100|nitro|os|8|30|10000|6800|25s|1200||||a b c
r5d.large|2|16384|amd64|intel|3100|nitro|os|3|10|750|4750|26s|75||||a b c
r5d.metal|96|786432|amd64|intel|3100||bos|15|50|25000|19000|31s|3600||||a b c
r5d.xlarge|4|32768|amd64|intel|3100|nitro|os|4|15|1250|4750|26s|150||||a b c
r5dn.12xlarge|48|393216|amd64|intel|3100|nitro|eos|8|30|50000|9500|25s|1800||||a b c
r5dn.16xlarge|64|524288|amd64|intel|3100|nitro|eos|15|50|75000|13600|23s|2400||||a b c
r5dn.24xlarge|96|786432|amd64|intel|3100|nitro|eos|15|50|100000|19000|23s|3600|||1|a b c
r5dn.2xlarge|8|65536|amd64|intel|3100|nitro|eos|4|15|8125|4750|26s|300||||a b c
r5dn.4xlarge|16|131072|amd64|intel|3100|nitro|eos|8|30|16250|4750|25s|600||||a b c
r5dn.8xlarge|32|262144|amd64|intel|3100|nitro|eos|8|30|25000|6800|25s|1200||||a b c
r5dn.large|2|16384|amd64|intel|3100|nitro|eos|3|10|2100|4750|26s|75||||a b c
r5dn.metal|96|786432|amd64|intel|3100||ebos|15|50|100000|19000|31s|3600|||1|a b c
r5dn.xlarge|4|32768|amd64|intel|3100|nitro|eos|4|15|4100|4750|26s|150||||a b c
r5n.12xlarge|48|393216|amd64|intel|3100|nitro|eos|8|30|50000|9500|27s|||||a b c
r5n.16xlarge|64|524288|amd64|intel|3100|nitro|eos|15|50|75000|13600|27s|||||a b c
r5n.24xlarge|96|786432|amd64|intel|3100|nitro|eos|15|50|100000|19000|27s||||1|a b c
r5n.2xlarge|8|65536|amd64|intel|3100|nitro|eos|4|15|8125|4750|27s|||||a b c
r5n.4xlarge|16|131072|amd64|intel|3100|nitro|eos|8|30|16250|4750|27s|||||a b c
r5n.8xlarge|32|262144|amd64|intel|3100|nitro|eos|8|30|25000|6800|27s|||||a b c
r5n.large|2|16384|amd64|intel|3100|nitro|eos|3|10|2100|4750|27s|||||a b c
r5n.metal|96|786432|amd64|intel|3100||ebos|15|50|100000|19000|31s||||1|a b c
r5n.xlarge|4|32768|amd64|intel|3100|nitro|eos|4|15|4100|4750|27s|||||a b c
r6a.12xlarge|48|393216|amd64|amd|3600|nitro|eos|8|30|18750|15000|27s|||||a b
r6a.16xlarge|64|524288|amd64|amd|3600|nitro|eos|15|50|25000|20000|27s|||||a b
r6a.24xlarge|96|786432|amd64|amd|3600|nitro|eos|15|50|37500|30000|27s|||||a b
r6a.2xlarge|8|65536|amd64|amd|3600|nitro|eos|4|15|3125|10000|27s|||||a b
r6a.32xlarge|128|1048576|amd64|amd|3600|nitro|eos|15|50|50000|40000|27s|||||a b
r6a.48xlarge|192|1572864|amd64|amd|3600|nitro|eos|15|50|50000|40000|27s||||1|a b
r6a.4xlarge|16|131072|amd64|amd|3600|nitro|eos|8|30|6250|10000|27s|||||a b
r6a.8xlarge|32|262144|amd64|amd|3600|nitro|eos|8|30|12500|10000|27s|||||a b
r6a.large|2|16384|amd64|amd|3600|nitro|eos|3|10|781|10000|27s|||||a b
r6a.metal|192|1572864|amd64|amd|3600||ebos|15|50|50000|40000|31s||||1|a b
r6a.xlarge|4|32768|amd64|amd|3600|nitro|eos|4|15|1562|10000|27s|||||a b
r6g.12xlarge|48|393216|arm64|aws|2500|nitro|os|8|30|20000|14250|27s|||||a b c
r6g.16xlarge|64|524288|arm64|aws|2500|nitro|os|15|50|25000|19000|27s|||||a b c
r6g.2xlarge|8|65536|arm64|aws|2500|nitro|os|4|15|2500|4750|27s|||||a b c
r6g.4xlarge|16|131072|arm64|aws|2500|nitro|os|8|30|5000|4750|27s|||||a b c
r6g.8xlarge|32|262144|arm64|aws|2500|nitro|os|8|30|12000|9500|27s|||||a b c
r6g.large|2|16384|arm64|aws|2500|nitro|os|3|10|750|4750|27s|||||a b c
r6g.medium|1|8192|arm64|aws|2500|nitro|os|2|4|500|4750|27s|||||a b c
r6g.metal|64|524288|arm64|aws|2500||bos|15|50|25000|19000|31s|||||a b c
r6g.xlarge|4|32768|arm64|aws|2500|nitro|os|4|15|1250|4750|27s|||||a b c
r6gd.12xlarge|48|393216|arm64|aws|2500|nitro|os|8|30|20000|14250|25s|2850||||a b c
r6gd.16xlarge|64|524288|arm64|aws|2500|nitro|os|15|50|25000|19000|25s|3800||||a b c
r6gd.2xlarge|8|65536|arm64|aws|2500|nitro|os|4|15|2500|4750|26s|474||||a b c
r6gd.4xlarge|16|131072|arm64|aws|2500|nitro|os|8|30|5000|4750|26s|950||||a b c
r6gd.8xlarge|32|262144|arm64|aws|2500|nitro|os|8|30|12000|9500|26s|1900||||a b c
r6gd.large|2|16384|arm64|aws|2500|nitro|os|3|10|750|4750|26s|118||||a b c
r6gd.medium|1|8192|arm64|aws|2500|nitro|os|2|4|500|4750|26s|59||||a b c
r6gd.metal|64|524288|arm64|aws|2500||bos|15|50|25000|19000|31s|3800||||a b c
r6gd.xlarge|4|32768|arm64|aws|2500|nitro|os|4|15|1250|4750|26s|237||||a b c
r6i.12xlarge|48|393216|amd64|intel|3500|nitro|epos|8|30|18750|15000|27s|||||a b c
r6i.16xlarge|64|524288|amd64|intel|3500|nitro|epos|15|50|25000|20000|27s|||||a b c
r6i.24xlarge|96|786432|amd64|intel|3500|nitro|epos|15|50|37500|30000|27s|||||a b c
r6i.2xlarge|8|65536|amd64|intel|3500|nitro|epos|4|15|3125|10000|27s|||||a b c
r6i.32xlarge|128|1048576|amd64|intel|3500|nitro|epos|15|50|50000|40000|27s||||1|a b c
r6i.4xlarge|16|131072|amd64|intel|3500|nitro|epos|8|30|6250|10000|27s|||||a b c
r6i.8xlarge|32|262144|amd64|intel|3500|nitro|epos|8|30|12500|10000|27s|||||a b c
r6i.large|2|16384|amd64|intel|3500|nitro|epos|3|10|781|10000|27s|||||a b c
r6i.metal|128|1048576|amd64|intel|3500||ebpos|15|50|50000|40000|31s||||1|a b c
r6i.xlarge|4|32768|amd64|intel|3500|nitro|epos|4|15|1562|10000|27s|||||a b c
r6id.12xlarge|48|393216|amd64|intel|3500|nitro|eos|8|30|18750|15000|25s|2850||||a b c
r6id.16xlarge|64|524288|amd64|intel|3500|nitro|eos|15|50|25000|20000|25s|3800||||a b c
r6id.24xlarge|96|786432|amd64|intel|3500|nitro|eos|15|50|37500|30000|23s|5700||||a b c
r6id.2xlarge|8|65536|amd64|intel|3500|nitro|eos|4|15|3125|10000|26s|474||||a b c
r6id.32xlarge|128|1048576|amd64|intel|3500|nitro|eos|15|50|50000|40000|23s|7600|||1|a b c
r6id.4xlarge|16|131072|amd64|intel|3500|nitro|eos|8|30|6250|10000|26s|950||||a b c
r6id.8xlarge|32|262144|amd64|intel|3500|nitro|eos|8|30|12500|10000|26s|1900||||a b c
r6id.large|2|16384|amd64|intel|3500|nitro|eos|3|10|781|10000|26s|118||||a b c
r6id.metal|128|1048576|amd64|intel|3500||ebos|15|50|50000|40000|31s|7600|||1|a b c
r6id.xlarge|4|32768|amd64|intel|3500|nitro|eos|4|15|1562|10000|26s|237||||a b c
r6idn.12xlarge|48|393216|amd64|intel|3500|nitro|eos|8|30|75000|37500|25s|2850||||a b c
r6idn.16xlarge|64|524288|amd64|intel|3500|nitro|eos|15|50|100000|50000|25s|3800||||a b c
r6idn.24xlarge|96|786432|amd64|intel|3500|nitro|eos|15|50|150000|75000|23s|5700||||a b c
r6idn.2xlarge|8|65536|amd64|intel|3500|nitro|eos|4|15|12500|25000|26s|474||||a b c
r6idn.32xlarge|128|1048576|amd64|intel|3500|nitro|eos|8|50|400000|100000|23s|7600|||2|a b c
r6idn.4xlarge|16|131072|amd64|intel|3500|nitro|eos|8|30|25000|25000|26s|950||||a b c
r6idn.8xlarge|32|262144|amd64|intel|3500|nitro|eos|8|30|50000|25000|26s|1900||||a b c
r6idn.large|2|16384|amd64|intel|3500|nitro|eos|3|10|3125|25000|26s|118||||a b c
r6idn.metal|128|1048576|amd64|intel|3500||ebos|8|50|400000|100000|31s|7600|||2|a b c
r6idn.xlarge|4|32768|amd64|intel|3500|nitro|eos|4|15|6250|25000|26s|237||||a b c
r6in.12xlarge|48|393216|amd64|intel|3500|nitro|eos|8|30|75000|37500|27s|||||a b c
r6in.16xlarge|64|524288|amd64|intel|3500|nitro|eos|15|50|100000|50000|27s|||||a b c
r6in.24xlarge|96|786432|amd64|intel|3500|nitro|eos|15|50|150000|75000|27s|||||a b c
r6in.2xlarge|8|65536|amd64|intel|3500|nitro|eos|4|15|12500|25000|27s|||||a b c
r6in.32xlarge|128|1048576|amd64|intel|3500|nitro|eos|8|50|400000|100000|27s||||2|a b c
r6in.4xlarge|16|131072|amd64|intel|3500|nitro|eos|8|30|25000|25000|27s|||||a b c
r6in.8xlarge|32|262144|amd64|intel|3500|nitro|eos|8|30|50000|25000|27s|||||a b c
r6in.large|2|16384|amd64|intel|3500|nitro|eos|3|10|3125|25000|27s|||||a b c
r6in.metal|128|1048576|amd64|intel|3500||ebos|8|50|400000|100000|31s||||2|a b c
r6in.xlarge|4|32768|amd64|intel|3500|nitro|eos|4|15|6250|25000|27s|||||a b c
r7a.12xlarge|48|393216|amd64|amd|3700|nitro|eos|8|30|18750|15000|32|||||
r7a.16xlarge|64|524288|amd64|amd|3700|nitro|eos|15|50|25000|20000|48|||||
r7a.24xlarge|96|786432|amd64|amd|3700|nitro|eos|15|50|37500|30000|64|||||
r7a.2xlarge|8|65536|amd64|amd|3700|nitro|eos|4|15|3125|10000|32|||||
r7a.32xlarge|128|1048576|amd64|amd|3700|nitro|eos|15|50|50000|40000|88|||||
r7a.48xlarge|192|1572864|amd64|amd|3700|nitro|eos|15|50|50000|40000|128||||1|
r7a.4xlarge|16|131072|amd64|amd|3700|nitro|eos|8|30|6250|10000|32|||||
r7a.8xlarge|32|262144|amd64|amd|3700|nitro|eos|8|30|12500|10000|32|||||
r7a.large|2|16384|amd64|amd|3700|nitro|eos|3|10|781|10000|32|||||
r7a.medium|1|8192|amd64|amd|3700|nitro|eos|2|4|390|10000|32|||||
r7a.metal-48xl|192|1572864|amd64|amd|3700||ebos|15|50|50000|40000|79||||1|
r7a.xlarge|4|32768|amd64|amd|3700|nitro|eos|4|15|1562|10000|32|||||
r7g.12xlarge|48|393216|arm64|aws|2600|nitro|eos|8|30|22500|15000|27s|||||a b c
r7g.16xlarge|64|524288|arm64|aws|2600|nitro|eos|15|50|30000|20000|27s||||1|a b c
r7g.2xlarge|8|65536|arm64|aws|2600|nitro|eos|4|15|3750|10000|27s|||||a b c
r7g.4xlarge|16|131072|arm64|aws|2600|nitro|eos|8|30|7500|10000|27s|||||a b c
r7g.8xlarge|32|262144|arm64|aws|2600|nitro|eos|8|30|15000|10000|27s|||||a b c
r7g.large|2|16384|arm64|aws|2600|nitro|eos|3|10|937|10000|27s|||||a b c
r7g.medium|1|8192|arm64|aws|2600|nitro|eos|2|4|520|10000|27s|||||a b c
r7g.metal|64|524288|arm64|aws|2600||ebos|15|50|30000|20000|31s||||1|a b c
r7g.xlarge|4|32768|arm64|aws|2600|nitro|eos|4|15|1876|10000|27s|||||a b c
r7gd.12xlarge|48|393216|arm64|aws|2600|nitro|eos|8|30|22500|15000|25s|2850||||a b c
r7gd.16xlarge|64|524288|arm64|aws|2600|nitro|eos|15|50|30000|20000|25s|3800|||1|a b c
r7gd.2xlarge|8|65536|arm64|aws|2600|nitro|eos|4|15|3750|10000|26s|474||||a b c
r7gd.4xlarge|16|131072|arm64|aws|2600|nitro|eos|8|30|7500|10000|26s|950||||a b c
r7gd.8xlarge|32|262144|arm64|aws|2600|nitro|eos|8|30|15000|10000|26s|1900||||a b c
r7gd.large|2|16384|arm64|aws|2600|nitro|eos|3|10|937|10000|26s|118||||a b c
r7gd.medium|1|8192|arm64|aws|2600|nitro|eos|2|4|520|10000|26s|59||||a b c
r7gd.metal|64|524288|arm64|aws|2600||ebos|15|50|30000|20000|31s|3800|||1|a b c
r7gd.xlarge|4|32768|arm64|aws|2600|nitro|eos|4|15|1876|10000|26s|237||||a b c
r7i.12xlarge|48|393216|amd64|intel|3200|nitro|eos|8|30|18750|15000|32|||||a b c
r7i.16xlarge|64|524288|amd64|intel|3200|nitro|eos|15|50|25000|20000|48|||||a b c
r7i.24xlarge|96|786432|amd64|intel|3200|nitro|eos|15|50|37500|30000|64|||||a b c
r7i.2xlarge|8|65536|amd64|intel|3200|nitro|eos|4|15|3125|10000|32|||||a b c
r7i.48xlarge|192|1572864|amd64|intel|3200|nitro|eos|15|50|50000|40000|128||||1|a b c
r7i.4xlarge|16|131072|amd64|intel|3200|nitro|eos|8|30|6250|10000|32|||||a b c
r7i.8xlarge|32|262144|amd64|intel|3200|nitro|eos|8|30|12500|10000|32|||||a b c
r7i.large|2|16384|amd64|intel|3200|nitro|eos|3|10|781|10000|32|||||a b c
r7i.metal-24xl|96|786432|amd64|intel|3200||ebos|15|50|37500|30000|39|||||a b c
r7i.metal-48xl|192|1572864|amd64|intel|3200||ebos|15|50|50000|40000|79||||1|a b c
r7i.xlarge|4|32768|amd64|intel|3200|nitro|eos|4|15|1562|10000|32|||||a b c
r7iz.12xlarge|48|393216|amd64|intel|3900|nitro|eos|8|30|25000|19000|32|||||
r7iz.16xlarge|64|524288|amd64|intel|3900|nitro|eos|15|50|25000|20000|48|||||
r7iz.2xlarge|8|65536|amd64|intel|3900|nitro|eos|4|15|3125|10000|32|||||
r7iz.32xlarge|128|1048576|amd64|intel|3900|nitro|eos|15|50|50000|40000|88||||1|
r7iz.4xlarge|16|131072|amd64|intel|3900|nitro|eos|8|30|6250|10000|32|||||
r7iz.8xlarge|32|262144|amd64|intel|3900|nitro|eos|8|30|12500|10000|32|||||
r7iz.large|2|16384|amd64|intel|3900|nitro|eos|3|10|781|10000|32|||||
r7iz.metal-16xl|64|524288|amd64|intel|3900||ebos|15|50|25000|20000|39|||||
r7iz.metal-32xl|128|1048576|amd64|intel|3900||ebos|15|50|50000|40000|79||||1|
r7iz.xlarge|4|32768|amd64|intel|3900|nitro|eos|4|15|1562|10000|32|||||
r8a.12xlarge|48|393216|amd64|amd|4500|nitro|eos|12|64|22500|15000|32|||||
r8a.16xlarge|64|524288|amd64|amd|4500|nitro|eos|16|64|30000|20000|48|||||
r8a.24xlarge|96|786432|amd64|amd|4500|nitro|eos|16|64|40000|30000|64|||||
r8a.2xlarge|8|65536|amd64|amd|4500|nitro|eos|4|40|3750|10000|32|||||
r8a.48xlarge|192|1572864|amd64|amd|4500|nitro|eos|24|64|75000|60000|128||||1|
r8a.4xlarge|16|131072|amd64|amd|4500|nitro|eos|8|40|7500|10000|32|||||
r8a.8xlarge|32|262144|amd64|amd|4500|nitro|eos|10|40|15000|10000|32|||||
r8a.large|2|16384|amd64|amd|4500|nitro|eos|3|20|937|10000|32|||||
r8a.medium|1|8192|amd64|amd|4500|nitro|eos|2|4|520|10000|32|||||
r8a.metal-24xl|96|786432|amd64|amd|4500||ebos|16|64|40000|30000|64|||||
r8a.metal-48xl|192|1572864|amd64|amd|4500||ebos|24|64|75000|60000|79s||||1|
r8a.xlarge|4|32768|amd64|amd|4500|nitro|eos|4|20|1875|10000|32|||||
r8g.12xlarge|48|393216|arm64|aws|2800|nitro|eos|8|30|22500|15000|32|||||a b c
r8g.16xlarge|64|524288|arm64|aws|2800|nitro|eos|15|50|30000|20000|48|||||a b c
r8g.24xlarge|96|786432|arm64|aws|2800|nitro|eos|15|50|40000|30000|64||||1|a b c
r8g.2xlarge|8|65536|arm64|aws|2800|nitro|eos|4|15|3750|10000|32|||||a b c
r8g.48xlarge|192|1572864|arm64|aws|2700|nitro|eos|15|50|50000|40000|128||||1|a b c
r8g.4xlarge|16|131072|arm64|aws|2800|nitro|eos|8|30|7500|10000|32|||||a b c
r8g.8xlarge|32|262144|arm64|aws|2800|nitro|eos|8|30|15000|10000|32|||||a b c
r8g.large|2|16384|arm64|aws|2800|nitro|eos|3|10|937|10000|32|||||a b c
r8g.medium|1|8192|arm64|aws|2800|nitro|eos|2|4|520|10000|32|||||a b c
r8g.metal-24xl|96|786432|arm64|aws|2800||ebos|15|50|40000|30000|39||||1|a b c
r8g.metal-48xl|192|1572864|arm64|aws|2700||ebos|15|50|50000|40000|79||||1|a b c
r8g.xlarge|4|32768|arm64|aws|2800|nitro|eos|4|15|1875|10000|32|||||a b c
r8gb.12xlarge|48|393216|arm64|aws|2800|nitro|eos|12|30|100000|75000|32|||||
r8gb.16xlarge|64|524288|arm64|aws|2800|nitro|eos|16|50|133333|100000|48||||1|
r8gb.24xlarge|96|786432|arm64|aws|2800|nitro|eos|24|50|200000|150000|64||||1|
r8gb.2xlarge|8|65536|arm64|aws|2800|nitro|eos|4|15|16666|25000|32|||||
r8gb.48xlarge|192|1572864|arm64|aws|2700|nitro|eos|12|50|400000|300000|128||||2|
r8gb.4xlarge|16|131072|arm64|aws|2800|nitro|eos|8|30|33333|25000|32|||||
r8gb.8xlarge|32|262144|arm64|aws|2800|nitro|eos|10|30|66666|50000|32|||||
r8gb.large|2|16384|arm64|aws|2800|nitro|eos|3|10|4166|25000|32|||||
r8gb.medium|1|8192|arm64|aws|2800|nitro|eos|2|4|2083|25000|32|||||
r8gb.metal-24xl|96|786432|arm64|aws|2800||ebos|24|50|200000|150000|39s||||1|
r8gb.metal-48xl|192|1572864|arm64|aws|2700||ebos|12|50|400000|300000|78||||2|
r8gb.xlarge|4|32768|arm64|aws|2800|nitro|eos|4|15|8333|25000|32|||||
r8gd.12xlarge|48|393216|arm64|aws|2800|nitro|eos|8|30|22500|15000|32|2850||||
r8gd.16xlarge|64|524288|arm64|aws|2800|nitro|eos|15|50|30000|20000|48|3800||||
r8gd.24xlarge|96|786432|arm64|aws|2800|nitro|eos|15|50|40000|30000|64|5700|||1|
r8gd.2xlarge|8|65536|arm64|aws|2800|nitro|eos|4|15|3750|10000|32|474||||
r8gd.48xlarge|192|1572864|arm64|aws|2700|nitro|eos|15|50|50000|40000|128|11400|||1|
r8gd.4xlarge|16|131072|arm64|aws|2800|nitro|eos|8|30|7500|10000|32|950||||
r8gd.8xlarge|32|262144|arm64|aws|2800|nitro|eos|8|30|15000|10000|32|1900||||
r8gd.large|2|16384|arm64|aws|2800|nitro|eos|3|10|937|10000|32|118||||
r8gd.medium|1|8192|arm64|aws|2800|nitro|eos|2|4|520|10000|32|59||||
r8gd.metal-24xl|96|786432|arm64|aws|2800||ebos|15|50|40000|30000|39|5700|||1|
r8gd.metal-48xl|192|1572864|arm64|aws|2700||ebos|15|50|50000|40000|79|11400|||1|
r8gd.xlarge|4|32768|arm64|aws|2800|nitro|eos|4|15|1875|10000|32|237||||
r8gn.12xlarge|48|393216|arm64|aws|2800|nitro|eos|12|30|150000|30000|32|||||
r8gn.16xlarge|64|524288|arm64|aws|2800|nitro|eos|16|50|200000|40000|48||||1|
r8gn.24xlarge|96|786432|arm64|aws|2800|nitro|eos|24|50|300000|60000|64||||1|
r8gn.2xlarge|8|65536|arm64|aws|2800|nitro|eos|4|15|25000|10000|32|||||
r8gn.48xlarge|192|1572864|arm64|aws|2700|nitro|eos|12|50|600000|120000|128||||2|
r8gn.4xlarge|16|131072|arm64|aws|2800|nitro|eos|8|30|50000|10000|32|||||
r8gn.8xlarge|32|262144|arm64|aws|2800|nitro|eos|10|30|100000|20000|32|||||
r8gn.large|2|16384|arm64|aws|2800|nitro|eos|3|10|6250|10000|32|||||
r8gn.medium|1|8192|arm64|aws|2800|nitro|eos|2|4|3125|10000|32|||||
r8gn.metal-24xl|96|786432|arm64|aws|2800||ebos|24|50|300000|60000|39s||||1|
r8gn.metal-48xl|192|1572864|arm64|aws|2700||ebos|12|50|600000|120000|78||||2|
r8gn.xlarge|4|32768|arm64|aws|2800|nitro|eos|4|15|12500|10000|32|||||
r8i-flex.12xlarge|48|393216|amd64|intel|3900|nitro|eos|12|50|11250|15000|32|||||a b c
r8i-flex.16xlarge|64|524288|amd64|intel|3900|nitro|eos|16|64|15000|20000|48|||||a b c
r8i-flex.2xlarge|8|65536|amd64|intel|3900|nitro|eos|4|30|1875|10000|32|||||a b c
r8i-flex.4xlarge|16|131072|amd64|intel|3900|nitro|eos|8|50|3750|10000|32|||||a b c
r8i-flex.8xlarge|32|262144|amd64|intel|3900|nitro|eos|10|50|7500|10000|32|||||a b c
r8i-flex.large|2|16384|amd64|intel|3900|nitro|eos|3|20|468|10000|32|||||a b c
r8i-flex.xlarge|4|32768|amd64|intel|3900|nitro|eos|4|30|937|10000|32|||||a b c
r8i.12xlarge|48|393216|amd64|intel|3900|nitro|eos|12|50|22500|15000|32|||||a b c
r8i.16xlarge|64|524288|amd64|intel|3900|nitro|eos|16|64|30000|20000|48|||||a b c
r8i.24xlarge|96|786432|amd64|intel|3900|nitro|eos|16|64|40000|30000|64|||||a b c
r8i.2xlarge|8|65536|amd64|intel|3900|nitro|eos|4|30|3750|10000|32|||||a b c
r8i.32xlarge|128|1048576|amd64|intel|3900|nitro|eos|24|64|50000|40000|88|||||a b c
r8i.48xlarge|192|1572864|amd64|intel|3900|nitro|eos|24|64|75000|60000|128||||1|a b c
r8i.4xlarge|16|131072|amd64|intel|3900|nitro|eos|8|50|7500|10000|32|||||a b c
r8i.8xlarge|32|262144|amd64|intel|3900|nitro|eos|10|50|15000|10000|32|||||a b c
r8i.96xlarge|384|3145728|amd64|intel|3900|nitro|eos|24|64|100000|80000|128||||1|a b c
r8i.large|2|16384|amd64|intel|3900|nitro|eos|3|20|937|10000|32|||||a b c
r8i.metal-48xl|192|1572864|amd64|intel|3900||ebos|24|64|75000|60000|64||||1|a b c
r8i.metal-96xl|384|3145728|amd64|intel|3900||ebos|24|64|100000|80000|79||||1|a b c
r8i.xlarge|4|32768|amd64|intel|3900|nitro|eos|4|30|1875|10000|32|||||a b c
r8ib.12xlarge|48|393216|amd64|intel|3900|nitro|eos|12|50|50000|37500|32|||||
r8ib.16xlarge|64|524288|amd64|intel|3900|nitro|eos|16|64|66666|50000|48|||||
r8ib.24xlarge|96|786432|amd64|intel|3900|nitro|eos|16|64|100000|75000|64|||||
r8ib.2xlarge|8|65536|amd64|intel|3900|nitro|eos|4|30|8333|25000|32|||||
r8ib.32xlarge|128|1048576|amd64|intel|3900|nitro|eos|16|64|133333|100000|88|||||
r8ib.48xlarge|192|1572864|amd64|intel|3900|nitro|eos|24|64|200000|150000|128||||1|
r8ib.4xlarge|16|131072|amd64|intel|3900|nitro|eos|8|50|16666|25000|32|||||
r8ib.8xlarge|32|262144|amd64|intel|3900|nitro|eos|8|50|33333|25000|32|||||
r8ib.96xlarge|384|3145728|amd64|intel|3900|nitro|eos|12|64|400000|300000|128||||2|
r8ib.large|2|16384|amd64|intel|3900|nitro|eos|4|20|2083|25000|32|||||
r8ib.xlarge|4|32768|amd64|intel|3900|nitro|eos|4|30|4166|25000|32|||||
r8id.12xlarge|48|393216|amd64|intel|3900|nitro|eos|12|50|22500|15000|32|2850||||
r8id.16xlarge|64|524288|amd64|intel|3900|nitro|eos|16|64|30000|20000|48|3800||||
r8id.24xlarge|96|786432|amd64|intel|3900|nitro|eos|16|64|40000|30000|64|5700||||
r8id.2xlarge|8|65536|amd64|intel|3900|nitro|eos|4|30|3750|10000|32|474||||
r8id.32xlarge|128|1048576|amd64|intel|3900|nitro|eos|24|64|50000|40000|88|7600||||
r8id.48xlarge|192|1572864|amd64|intel|3900|nitro|eos|24|64|75000|60000|128|11400|||1|
r8id.4xlarge|16|131072|amd64|intel|3900|nitro|eos|8|50|7500|10000|32|950||||
r8id.8xlarge|32|262144|amd64|intel|3900|nitro|eos|10|50|15000|10000|32|1900||||
r8id.96xlarge|384|3145728|amd64|intel|3900|nitro|eos|24|64|100000|80000|128|22800|||1|
r8id.large|2|16384|amd64|intel|3900|nitro|eos|3|20|937|10000|32|118||||
r8id.metal-48xl|192|1572864|amd64|intel|3900||ebos|24|64|75000|60000|64s|11400|||1|
r8id.metal-96xl|384|3145728|amd64|intel|3900||ebos|24|64|100000|80000|79s|22800|||1|
r8id.xlarge|4|32768|amd64|intel|3900|nitro|eos|4|30|1875|10000|32|237||||
r8in.12xlarge|48|393216|amd64|intel|3900|nitro|eos|12|50|75000|15000|32|||||
r8in.16xlarge|64|524288|amd64|intel|3900|nitro|eos|16|64|100000|20000|48|||||
r8in.24xlarge|96|786432|amd64|intel|3900|nitro|eos|16|64|150000|30000|64|||||
r8in.2xlarge|8|65536|amd64|intel|3900|nitro|eos|4|30|12500|10000|32|||||
r8in.32xlarge|128|1048576|amd64|intel|3900|nitro|eos|16|64|200000|40000|88|||||
r8in.48xlarge|192|1572864|amd64|intel|3900|nitro|eos|24|64|300000|60000|128||||1|
r8in.4xlarge|16|131072|amd64|intel|3900|nitro|eos|8|50|25000|10000|32|||||
r8in.8xlarge|32|262144|amd64|intel|3900|nitro|eos|8|50|50000|10000|32|||||
r8in.96xlarge|384|3145728|amd64|intel|3900|nitro|eos|12|64|600000|120000|128||||2|
r8in.large|2|16384|amd64|intel|3900|nitro|eos|4|20|3125|10000|32|||||
r8in.xlarge|4|32768|amd64|intel|3900|nitro|eos|4|30|6250|10000|32|||||
t2.2xlarge|8|32768|amd64|intel|2300|xen|os|3|15|1000||40s|||||a b c
t2.large|2|8192|amd64|intel|2300|xen|os|3|12|512||40s|||||a b c
t2.xlarge|4|16384|amd64|intel|2300|xen|os|3|15|750||40s|||||a b c
t3.2xlarge|8|32768|amd64|intel|2500|nitro|os|4|15|2048|2780|27s|||||a b c
t3.large|2|8192|amd64|intel|2500|nitro|os|3|12|512|2780|27s|||||a b c
t3.medium|2|4096|amd64|intel|2500|nitro|os|3|6|256|2085|27s|||||a b c
t3.micro|2|1024|amd64|intel|2500|nitro|os|2|2|64|2085|27s|||||a b c
t3.nano|2|512|amd64|intel|2500|nitro|os|2|2|32|2085|27s|||||a b c
t3.small|2|2048|amd64|intel|2500|nitro|os|3|4|128|2085|27s|||||a b c
t3.xlarge|4|16384|amd64|intel|2500|nitro|os|4|15|1024|2780|27s|||||a b c
t3a.2xlarge|8|32768|amd64|amd|2200|nitro|os|4|15|2048|2780|27s|||||a b c
t3a.large|2|8192|amd64|amd|2200|nitro|os|3|12|512|2780|27s|||||a b c
t3a.medium|2|4096|amd64|amd|2200|nitro|os|3|6|256|2085|27s|||||a b c
t3a.micro|2|1024|amd64|amd|2200|nitro|os|2|2|64|2085|27s|||||a b c
t3a.nano|2|512|amd64|amd|2200|nitro|os|2|2|32|2085|27s|||||a b c
t3a.small|2|2048|amd64|amd|2200|nitro|os|2|4|128|2085|27s|||||a b c
t3a.xlarge|4|16384|amd64|amd|2200|nitro|os|4|15|1024|2780|27s|||||a b c
t4g.2xlarge|8|32768|arm64|aws|2500|nitro|os|4|15|2048|2780|27s|||||a b c
t4g.large|2|8192|arm64|aws|2500|nitro|os|3|12|512|2780|27s|||||a b c
t4g.medium|2|4096|arm64|aws|2500|nitro|os|3|6|256|2085|27s|||||a b c
t4g.micro|2|1024|arm64|aws|2500|nitro|os|2|2|64|2085|27s|||||a b c
t4g.nano|2|512|arm64|aws|2500|nitro|os|2|2|32|2085|27s|||||a b c
t4g.small|2|2048|arm64|aws|2500|nitro|os|3|4|128|2085|27s|||||a b c
t4g.xlarge|4|16384|arm64|aws|2500|nitro|os|4|15|1024|2780|27s|||||a b c
trn1.2xlarge|8|32768|amd64|intel|3500|nitro|eos|4|15|3125|20000|25s|474||1*Trainium/2||
trn1.32xlarge|128|524288|amd64|intel|3500|nitro|eos|5|50|800000|80000|28s|7600||16*Trainium/2|8|
trn1n.32xlarge|128|524288|amd64|intel|3500|nitro|eos|5|50|1600000|80000|28s|7600||16*Trainium/2|16|
trn2.3xlarge|12|131072|amd64|intel|3500|nitro|eos|2|15|50000|5000|32|470||1*Trainium2/8|1|
trn2.48xlarge|192|2097152|amd64|intel|3500|nitro|eos|2|50|3200000|80000|64|7600||16*Trainium2/8|16|
u-3tb1.56xlarge|224|3145728|amd64|intel|2100|nitro|eo|8|30|50000|19000|27s|||||a b c
u-6tb1.112xlarge|448|6291456|amd64|intel|2100|nitro|eo|15|50|100000|38000|27s|||||a b c
u-6tb1.56xlarge|224|6291456|amd64|intel|2100|nitro|eo|15|50|100000|38000|27s|||||a b c
u7i-12tb.224xlarge|896|12582912|amd64|intel|1900|nitro|eo|15|50|100000|100000|128||||1|a b
u7i-6tb.112xlarge|448|6291456|amd64|intel|1900|nitro|eo|15|50|100000|100000|128||||1|a b
u7i-8tb.112xlarge|448|8388608|amd64|intel|1900|nitro|eo|15|50|100000|100000|128||||1|a b
u7in-16tb.224xlarge|896|16777216|amd64|intel|1900|nitro|eo|8|50|200000|100000|128||||2|a b c
u7in-24tb.224xlarge|896|25165824|amd64|intel|1900|nitro|eo|8|50|200000|100000|128||||2|
u7in-32tb.224xlarge|896|33554432|amd64|intel|1900|nitro|eo|8|50|200000|100000|128||||2|
vt1.24xlarge|96|196608|amd64|intel|2500|nitro|eos|15|50|25000|19000|27s||||1|
vt1.3xlarge|12|24576|amd64|intel|2500|nitro|eos|4|15|3125|4750|25s|||||
vt1.6xlarge|24|49152|amd64|intel|2500|nitro|eos|8|30|6250|4750|23s|||||
x1.16xlarge|64|999424|amd64|intel|2300|xen|os|8|30|10000|7000|40s|||||a b c
x1.32xlarge|128|1998848|amd64|intel|2300|xen|os|8|30|25000|14000|40s|||||a b c
x1e.16xlarge|64|1998848|amd64|intel|2300|xen|os|8|30|10000|7000|40s|||||a b
x1e.2xlarge|8|249856|amd64|intel|2300|xen|os|4|15|1250|1000|40s|||||a b
x1e.32xlarge|128|3997696|amd64|intel|2300|xen|os|8|30|25000|14000|40s|||||a b
x1e.4xlarge|16|499712|amd64|intel|2300|xen|os|4|15|2500|1750|40s|||||a b
x1e.8xlarge|32|999424|amd64|intel|2300|xen|os|4|15|5000|3500|40s|||||a b
x1e.xlarge|4|124928|amd64|intel|2300|xen|os|3|10|625|500|40s|||||a b
x2gd.12xlarge|48|786432|arm64|aws|2500|nitro|os|8|30|20000|14250|25s|2850||||
x2gd.16xlarge|64|1048576|arm64|aws|2500|nitro|os|15|50|25000|19000|25s|3800||||
x2gd.2xlarge|8|131072|arm64|aws|2500|nitro|os|4|15|2500|4750|26s|475||||
x2gd.4xlarge|16|262144|arm64|aws|2500|nitro|os|8|30|5000|4750|26s|950||||
x2gd.8xlarge|32|524288|arm64|aws|2500|nitro|os|8|30|12000|9500|26s|1900||||
x2gd.large|2|32768|arm64|aws|2500|nitro|os|3|10|750|4750|26s|118||||
x2gd.medium|1|16384|arm64|aws|2500|nitro|os|2|4|500|4750|26s|59||||
x2gd.metal|64|1048576|arm64|aws|2500||bos|15|50|25000|19000|31s|3800||||
x2gd.xlarge|4|65536|arm64|aws|2500|nitro|os|4|15|1250|4750|26s|237||||
x2idn.16xlarge|64|1048576|amd64|intel|3500|nitro|eos|15|50|50000|40000|26s|1900||||a b c
x2idn.24xlarge|96|1572864|amd64|intel|3500|nitro|eos|15|50|75000|60000|25s|2850||||a b c
x2idn.32xlarge|128|2097152|amd64|intel|3500|nitro|eos|15|50|100000|80000|25s|3800|||1|a b c
x2idn.metal|128|2097152|amd64|intel|3500||ebos|15|50|100000|80000|31s|3800|||1|a b c
x2iedn.16xlarge|64|2097152|amd64|intel|3500|nitro|eos|15|50|50000|40000|26s|1900||||a b
x2iedn.24xlarge|96|3145728|amd64|intel|3500|nitro|eos|15|50|75000|60000|25s|2850||||a b
x2iedn.2xlarge|8|262144|amd64|intel|3500|nitro|eos|4|15|5000|20000|26s|237||||a b
x2iedn.32xlarge|128|4194304|amd64|intel|3500|nitro|eos|15|50|100000|80000|25s|3800|||1|a b
x2iedn.4xlarge|16|524288|amd64|intel|3500|nitro|eos|8|30|12500|20000|26s|475||||a b
x2iedn.8xlarge|32|1048576|amd64|intel|3500|nitro|eos|8|30|25000|20000|26s|950||||a b
x2iedn.metal|128|4194304|amd64|intel|3500||ebos|15|50|100000|80000|31s|3800|||1|a b
x2iedn.xlarge|4|131072|amd64|intel|3500|nitro|eos|4|15|1875|20000|26s|118||||a b
x2iezn.12xlarge|48|1572864|amd64|intel|4500|nitro|eos|15|50|100000|19000|27s||||1|
x2iezn.2xlarge|8|262144|amd64|intel|4500|nitro|eos|4|15|12500|3170|27s|||||
x2iezn.4xlarge|16|524288|amd64|intel|4500|nitro|eos|8|30|15000|4750|27s|||||
x2iezn.6xlarge|24|786432|amd64|intel|4500|nitro|eos|8|30|50000|9500|27s|||||
x2iezn.8xlarge|32|1048576|amd64|intel|4500|nitro|eos|8|30|75000|12000|27s|||||
x2iezn.metal|48|1572864|amd64|intel|4500||ebos|15|50|100000|19000|31s||||1|
x8aedz.12xlarge|48|1572864|amd64|amd|5000|nitro|eos|16|64|37500|30000|64|3800||||
x8aedz.24xlarge|96|3145728|amd64|amd|5000|nitro|eos|16|64|75000|60000|128|7600|||1|
x8aedz.3xlarge|12|393216|amd64|amd|5000|nitro|eos|8|40|9375|15000|32|950||||
x8aedz.6xlarge|24|786432|amd64|amd|5000|nitro|eos|8|40|18750|15000|32|1900||||
x8aedz.large|2|65536|amd64|amd|5000|nitro|eos|4|20|1562|15000|32|158||||
x8aedz.metal-12xl|48|1572864|amd64|amd|5000||ebos|16|64|37500|30000|64|3800||||
x8aedz.metal-24xl|96|3145728|amd64|amd|5000||ebos|16|64|75000|60000|79|7600|||1|
x8aedz.xlarge|4|131072|amd64|amd|5000|nitro|eos|4|20|3125|15000|32|316||||
x8g.12xlarge|48|786432|arm64|aws|2800|nitro|eos|8|30|22500|15000|32|||||
x8g.16xlarge|64|1048576|arm64|aws|2800|nitro|eos|15|50|30000|20000|48|||||
x8g.24xlarge|96|1572864|arm64|aws|2800|nitro|eos|15|50|40000|30000|64||||1|
x8g.2xlarge|8|131072|arm64|aws|2800|nitro|eos|4|15|3750|10000|32|||||
x8g.48xlarge|192|3145728|arm64|aws|2700|nitro|eos|15|50|50000|40000|128||||1|
x8g.4xlarge|16|262144|arm64|aws|2800|nitro|eos|8|30|7500|10000|32|||||
x8g.8xlarge|32|524288|arm64|aws|2800|nitro|eos|8|30|15000|10000|32|||||
x8g.large|2|32768|arm64|aws|2800|nitro|eos|3|10|937|10000|32|||||
x8g.medium|1|16384|arm64|aws|2800|nitro|eos|2|4|520|10000|32|||||
x8g.metal-24xl|96|1572864|arm64|aws|2800||ebos|15|50|40000|30000|39||||1|
x8g.metal-48xl|192|3145728|arm64|aws|2700||ebos|15|50|50000|40000|79||||1|
x8g.xlarge|4|65536|arm64|aws|2800|nitro|eos|4|15|1875|10000|32|||||
x8i.12xlarge|48|786432|amd64|intel|3900|nitro|eos|12|50|22500|15000|32|||||
x8i.16xlarge|64|1048576|amd64|intel|3900|nitro|eos|16|64|30000|20000|48|||||
x8i.24xlarge|96|1572864|amd64|intel|3900|nitro|eos|16|64|40000|30000|64|||||
x8i.2xlarge|8|131072|amd64|intel|3900|nitro|eos|4|30|3750|10000|32|||||
x8i.32xlarge|128|2097152|amd64|intel|3900|nitro|eos|24|64|50000|40000|88|||||
x8i.48xlarge|192|3145728|amd64|intel|3900|nitro|eos|24|64|75000|60000|128||||1|
x8i.4xlarge|16|262144|amd64|intel|3900|nitro|eos|8|50|7500|10000|32|||||
x8i.64xlarge|256|4194304|amd64|intel|3900|nitro|eos|24|64|80000|70000|128||||1|
x8i.8xlarge|32|524288|amd64|intel|3900|nitro|eos|10|50|15000|10000|32|||||
x8i.96xlarge|384|6291456|amd64|intel|3900|nitro|eos|24|64|100000|80000|128||||1|
x8i.large|2|32768|amd64|intel|3900|nitro|eos|3|20|937|10000|32|||||
x8i.metal-48xl|192|3145728|amd64|intel|3900||ebos|24|64|75000|60000|64s||||1|
x8i.metal-96xl|384|6291456|amd64|intel|3900||ebos|24|64|100000|80000|79s||||1|
x8i.xlarge|4|65536|amd64|intel|3900|nitro|eos|4|30|1875|10000|32|||||
z1d.12xlarge|48|393216|amd64|intel|4000|nitro|os|15|50|25000|19000|25s|1800||||a b c
z1d.2xlarge|8|65536|amd64|intel|4000|nitro|os|4|15|2500|3170|26s|300||||a b c
z1d.3xlarge|12|98304|amd64|intel|4000|nitro|os|8|30|5000|4750|26s|450||||a b c
z1d.6xlarge|24|196608|amd64|intel|4000|nitro|os|8|30|12000|9500|26s|900||||a b c
z1d.large|2|16384|amd64|intel|4000|nitro|os|3|10|750|3170|26s|75||||a b c
z1d.metal|48|393216|amd64|intel|4000||bos|15|50|25000|19000|31s|1800||||a b c
z1d.xlarge|4|32768|amd64|intel|4000|nitro|os|4|15|1250|3170|26s|150||||a b c
`,
};
